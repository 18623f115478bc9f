"""The team has read on."""

from libs.contracts.conversation import ConversationView
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.read_marks import MarkRead
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
        message = await tx.message(conversation.id, command.message_id)
        if message is None:
            raise DomainError(
                ErrorCode.NOT_FOUND, "there is no such message", conversation_id=conversation.id
            )
        unread = await tx.inbound_after(conversation.id, message.sequence, conversation.unread)
    if mark_read(conversation, unread, command.actor, call.now):
        await tx.save(conversation)
    return view_of(conversation, command.actor)
