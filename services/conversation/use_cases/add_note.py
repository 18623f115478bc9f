"""Note something on a conversation that its contact never sees."""

from dataclasses import dataclass

from libs.contracts.conversation import Sender
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.notes import AddNote, NoteView
from libs.contracts.vocabulary import SenderKind
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, NewId, Transaction
from services.conversation.use_cases.post_reply import author_name


@dataclass(frozen=True)
class NoteOnConversation:
    """Takes AddNote."""

    new_id: NewId

    async def __call__(self, command: AddNote, call: Call, tx: Transaction) -> NoteView:
        """Raises DomainError `not_found`, `forbidden`, and `invalid` for a blank note or one too many."""
        conversation = await load(tx, command.conversation_id, command.actor, Action.ORGANISE)
        if not command.text.strip():
            raise DomainError(ErrorCode.INVALID, "a note needs text", conversation_id=conversation.id)
        actor = command.actor
        note = NoteView(
            id=self.new_id(),
            conversation_id=conversation.id,
            author=Sender(kind=SenderKind.AGENT, id=actor.id, name=await author_name(actor, tx)),
            text=command.text,
            created_at=call.now,
        )
        conversation.note_added(note.id, actor, call.now)
        await tx.add_note(note)
        await tx.save(conversation)
        return note
