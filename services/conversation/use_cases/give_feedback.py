"""What a reader thinks of a message of the AI."""

from libs.contracts.conversation import MessageView
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.tickets import GiveFeedback
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction


async def give_feedback(command: GiveFeedback, call: Call, tx: Transaction) -> MessageView:
    """Keep it, at any time, whatever the status; the same again changes nothing. Raises DomainError
    `not_found`, `forbidden`, and `invalid` for a message that is not the AI's.
    """
    conversation = await load(
        tx, command.conversation_id, command.actor, Action.GIVE_FEEDBACK, merged_too=True
    )
    message = await tx.message(conversation.id, command.message_id)
    if message is None:
        raise DomainError(ErrorCode.NOT_FOUND, "there is no such message", conversation_id=conversation.id)
    if not message.is_ai:
        raise DomainError(
            ErrorCode.INVALID, "only messages of the AI take feedback", conversation_id=conversation.id
        )
    if message.feedback is not command.feedback:
        await tx.set_feedback(conversation.id, message.id, command.feedback)
        conversation.record_feedback(message, command.feedback, command.actor, call.now)
        await tx.save(conversation)
    return message.model_copy(update={"feedback": command.feedback})
