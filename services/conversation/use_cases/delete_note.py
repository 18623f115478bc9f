"""Take a private note away."""

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.notes import DeleteNote, NoteView
from libs.contracts.vocabulary import Role
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction


async def delete_note(command: DeleteNote, call: Call, tx: Transaction) -> NoteView:
    """Its author or an admin may. Raises DomainError `not_found`, `forbidden`."""
    conversation = await load(tx, command.conversation_id, command.actor, Action.ORGANISE)
    note = await tx.note(conversation.id, command.note_id)
    if note is None:
        raise DomainError(ErrorCode.NOT_FOUND, "there is no such note", conversation_id=conversation.id)
    if command.actor.role is not Role.ADMIN and note.author.id != command.actor.id:
        raise DomainError(ErrorCode.FORBIDDEN, "this is for its author", conversation_id=conversation.id)
    conversation.note_deleted(note.id, command.actor, call.now)
    await tx.delete_note(note)
    await tx.save(conversation)
    return note
