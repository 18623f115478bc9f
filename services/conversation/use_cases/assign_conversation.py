"""Give a conversation to an agent, or to nobody."""

from libs.contracts.conversation import ConversationView
from libs.contracts.workflow import AssignConversation
from services.conversation.domain.assignment import check_assignee
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.views import view_of


async def assign_conversation(command: AssignConversation, call: Call, tx: Transaction) -> ConversationView:
    """Raises DomainError `not_found`, `forbidden`, `invalid_transition`, `invalid_assignee`."""
    conversation = await load(tx, command.conversation_id, command.actor, Action.ASSIGN)
    assignee = await tx.person(command.agent_id) if command.agent_id else None
    if command.agent_id:
        check_assignee(assignee, conversation.department)
    if conversation.assign(assignee, command.actor, call.now):
        await tx.save(conversation)
    return view_of(conversation, command.actor)
