"""Put a conversation aside."""

from libs.contracts.conversation import ConversationView
from libs.contracts.snoozing import SnoozeConversation
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.views import view_of


async def snooze_conversation(command: SnoozeConversation, call: Call, tx: Transaction) -> ConversationView:
    """Raises DomainError `not_found`, `forbidden`, `invalid`, `invalid_transition`."""
    conversation = await load(tx, command.conversation_id, command.actor, Action.ORGANISE)
    if conversation.snooze(command.until, command.actor, call.now):
        await tx.save(conversation)
    return view_of(conversation, command.actor)
