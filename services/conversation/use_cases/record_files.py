"""A message's files have come from their platform."""

from libs.contracts.media import RecordFiles
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction


async def record_files(command: RecordFiles, call: Call, tx: Transaction) -> None:
    """Takes RecordFiles. Raises DomainError `not_found`, `forbidden`. A repeat changes nothing."""
    conversation = await load(tx, command.conversation_id, command.actor, Action.RECORD_FILES)
    message = await tx.message(conversation.id, command.message_id)
    if message is None:
        return
    stored = {one.reference: one for one in command.files}
    attachments = tuple(
        stored.get(one.reference, one) if one.file_id is None else one for one in message.attachments
    )
    if attachments == message.attachments:
        return
    await tx.set_attachments(conversation.id, message.id, attachments)
    conversation.record_files(message.id, attachments, command.actor, call.now)
    await tx.save(conversation)
