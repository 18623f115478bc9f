"""Say how urgent a conversation is."""

from libs.contracts.conversation import ConversationView
from libs.contracts.organising import SetPriority
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.views import view_of


async def set_priority(command: SetPriority, call: Call, tx: Transaction) -> ConversationView:
    """The same as before is answered as done. Raises DomainError `not_found`, `forbidden`."""
    conversation = await load(tx, command.conversation_id, command.actor, Action.ORGANISE)
    if conversation.set_priority(command.priority, command.actor, call.now):
        await tx.save(conversation)
    return view_of(conversation, command.actor)
