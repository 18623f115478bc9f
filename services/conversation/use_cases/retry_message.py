"""A person has a message sent once more."""

from libs.contracts.conversation import MessageView
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.messages import RetryMessage
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction


async def retry_message(command: RetryMessage, call: Call, tx: Transaction) -> MessageView:
    """Raises DomainError `not_found`, `forbidden`, `not_handed_off` where nobody writes any more, and
    `invalid_transition` for a message that neither failed nor is unknown.
    """
    conversation = await load(tx, command.conversation_id, command.actor, Action.REPLY, merged_too=True)
    message = await tx.message(conversation.id, command.message_id)
    if message is None:
        raise DomainError(ErrorCode.NOT_FOUND, "there is no such message", conversation_id=conversation.id)
    again = conversation.retry(message, command.actor, call.now)
    await tx.requeue(again)
    await tx.save(conversation)
    return again
