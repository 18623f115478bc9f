"""Move a conversation to another department."""

from libs.contracts.conversation import ConversationView
from libs.contracts.workflow import TransferConversation
from services.conversation.domain.assignment import check_assignee
from services.conversation.domain.policy import Action
from services.conversation.use_cases.departments import check_departments
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.views import view_of


async def transfer_conversation(
    command: TransferConversation, call: Call, tx: Transaction
) -> ConversationView:
    """The actor may give it away to a department of which they see nothing: the answer is its last look.

    Raises DomainError `not_found`, `forbidden`, `invalid` for a department that the account does not have,
    `invalid_transition`, `invalid_assignee`.
    """
    conversation = await load(tx, command.conversation_id, command.actor, Action.ASSIGN)
    await check_departments([command.department], tx)
    assignee = await tx.person(command.agent_id) if command.agent_id else None
    if command.agent_id:
        check_assignee(assignee, command.department)
    if conversation.transfer(command.department, assignee, command.actor, call.now, reason=command.reason):
        await tx.save(conversation)
    return view_of(conversation, command.actor)
