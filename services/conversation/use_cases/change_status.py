"""What the console's status control asks for."""

from libs.contracts.conversation import ChangeStatus, StatusChanged
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Status
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.policy import Action
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.views import view_of

FAILED = "Failed to update conversation status."
CLOSED = "Conversation closed."
RETURNED = "Conversation returned to AI."


async def change_status(command: ChangeStatus, call: Call, tx: Transaction) -> StatusChanged:
    """Close it, or give it back to the AI, which reopens a closed one. Every DomainError says FAILED with its
    own code: `invalid_status` for another word, `invalid_transition`, `not_found`, `forbidden`.
    """
    try:
        return await _change(command, call, tx)
    except DomainError as error:
        raise DomainError(error.code, FAILED, conversation_id=command.conversation_id) from error


async def _change(command: ChangeStatus, call: Call, tx: Transaction) -> StatusChanged:
    conversation = await load(
        tx, command.conversation_id, command.actor, Action.CHANGE_STATUS, command.chatbot_id
    )
    wanted, message = _wanted(command.status, conversation)
    if conversation.change_status(wanted, command.actor, call.now):
        await tx.save(conversation)
    return StatusChanged(message=message, conversation=view_of(conversation, command.actor))


def _wanted(status: str, conversation: Conversation) -> tuple[StatusCommand, str]:
    if status == Status.CLOSED:
        return StatusCommand.CLOSE, CLOSED
    if status == Status.ACTIVE:
        closed = conversation.status is Status.CLOSED
        return StatusCommand.REOPEN if closed else StatusCommand.RETURN_TO_AI, RETURNED
    raise DomainError(ErrorCode.INVALID_STATUS, "unknown status")
