"""The team has read on."""

from libs.contracts.conversation import ConversationView
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.read_marks import MarkRead
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.policy import Action
from services.conversation.domain.read_marks import mark_read
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.views import view_of


async def mark_conversation_read(command: MarkRead, call: Call, tx: Transaction) -> ConversationView:
    """Done already is answered as done. Raises DomainError `not_found`, `forbidden`."""
    conversation = await load(tx, command.conversation_id, command.actor, Action.ORGANISE)
    unread = 0
    if command.message_id is not None:
        sequence = await _sequence(conversation, command.message_id, tx)
        unread = await tx.inbound_after(conversation.id, sequence, conversation.unread)
    if mark_read(conversation, unread, command.actor, call.now):
        await tx.save(conversation)
    return view_of(conversation, command.actor)


async def _sequence(conversation: Conversation, message_id: str, tx: Transaction) -> int:
    """Up to where it is read. Who read on to a message of a conversation that was merged into it has read
    nothing of its own yet.
    """
    message = await tx.message(conversation.id, message_id)
    if message is not None:
        return message.sequence
    for merged in conversation.merged:
        if await tx.message(merged, message_id) is not None:
            return 0
    raise DomainError(ErrorCode.NOT_FOUND, "there is no such message", conversation_id=conversation.id)
