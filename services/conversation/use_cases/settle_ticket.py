"""A ticket gets its agent, and its two ends: its requester resolves it, its agent closes it. Who may is the
conversation's own rule, whichever way the command comes.
"""

from libs.contracts.tickets import AssignTicket, CloseTicket, ResolveTicket, TicketView
from libs.contracts.workflow import AssignConversation
from services.conversation.domain.policy import Action
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.use_cases.assign_conversation import assign_conversation
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.ticket_views import ticket_of
from services.conversation.use_cases.views import view_of


async def assign_ticket(command: AssignTicket, call: Call, tx: Transaction) -> TicketView:
    """Assign it. Raises DomainError `not_found`, `forbidden`, `invalid_transition`, `invalid_assignee`."""
    conversation = await load(tx, command.conversation_id, command.actor, Action.ASSIGN)
    ticket_of(view_of(conversation, command.actor))  # no ticket, nothing to assign
    assign = AssignConversation(
        actor=command.actor, conversation_id=command.conversation_id, agent_id=command.agent_id
    )
    return ticket_of(await assign_conversation(assign, call, tx))


async def resolve_ticket(command: ResolveTicket, call: Call, tx: Transaction) -> TicketView:
    """Resolve it. Raises DomainError `not_found`, `forbidden`, `invalid_transition`."""
    return await _settle(command, Action.RESOLVE, StatusCommand.RESOLVE, call, tx)


async def close_ticket(command: CloseTicket, call: Call, tx: Transaction) -> TicketView:
    """Close it. Raises DomainError `not_found`, `forbidden`, `invalid_transition` unless it is resolved."""
    return await _settle(command, Action.CHANGE_STATUS, StatusCommand.CLOSE, call, tx)


async def _settle(
    command: ResolveTicket | CloseTicket,
    action: Action,
    wanted: StatusCommand,
    call: Call,
    tx: Transaction,
) -> TicketView:
    conversation = await load(tx, command.conversation_id, command.actor, action)
    ticket_of(view_of(conversation, command.actor))  # no ticket, nothing to settle
    if conversation.change_status(wanted, command.actor, call.now):
        await tx.save(conversation)
    return ticket_of(view_of(conversation, command.actor))
