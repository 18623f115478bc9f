"""The visitor has read what was sent to them."""

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.read_marks import ReadMessages
from libs.contracts.vocabulary import Channel, DeliveryState, Direction
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Advance, Call, Transaction

#: Messages that one mark makes read: those next to it.
MOST_READ = 50


async def read_messages(command: ReadMessages, call: Call, tx: Transaction) -> None:
    """Mark the message read, and what was sent before it; a second mark changes nothing. Raises DomainError
    `not_found`, `forbidden`, and `invalid` on a channel that tells of reading itself.
    """
    conversation = await load(tx, command.conversation_id, command.actor, Action.ACKNOWLEDGE)
    if conversation.channel is not Channel.WIDGET:
        raise DomainError(ErrorCode.INVALID, "only a widget reads messages", conversation_id=conversation.id)
    message = await tx.message(conversation.id, command.message_id)
    if message is None or message.direction is not Direction.OUTBOUND:
        raise DomainError(ErrorCode.NOT_FOUND, "there is no such message", conversation_id=conversation.id)
    unread = await tx.sent_unread(conversation.id, message.sequence, MOST_READ)
    read = [
        message_id
        for message_id in unread
        if await tx.advance_delivery(conversation.id, message_id, DeliveryState.READ) is Advance.ADVANCED
    ]
    for message_id in read:
        conversation.record_delivery(message_id, DeliveryState.READ, None, command.actor, call.now)
    if read:
        await tx.save(conversation)
