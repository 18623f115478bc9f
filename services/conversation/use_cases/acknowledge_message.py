"""The visitor's widget has shown a message."""

from libs.contracts.conversation import AcknowledgeMessage
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Channel, DeliveryState
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Advance, Call, Transaction


async def acknowledge_message(command: AcknowledgeMessage, call: Call, tx: Transaction) -> None:
    """Mark it delivered; a second acknowledgement changes nothing. Raises DomainError `not_found`,
    `forbidden`, and `invalid` on a channel that tells of deliveries itself.
    """
    conversation = await load(tx, command.conversation_id, command.actor, Action.ACKNOWLEDGE, merged_too=True)
    if conversation.channel is not Channel.WIDGET:
        raise DomainError(
            ErrorCode.INVALID, "only a widget acknowledges messages", conversation_id=conversation.id
        )
    advance = await tx.advance_delivery(conversation.id, command.message_id, DeliveryState.DELIVERED)
    if advance is Advance.UNKNOWN_MESSAGE:
        raise DomainError(ErrorCode.NOT_FOUND, "there is no such message", conversation_id=conversation.id)
    if advance is Advance.ADVANCED:
        conversation.record_delivery(
            command.message_id, DeliveryState.DELIVERED, None, command.actor, call.now
        )
        await tx.save(conversation)
