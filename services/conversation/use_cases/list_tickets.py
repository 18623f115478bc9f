"""A page of the tickets that somebody may see."""

from dataclasses import dataclass

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.tickets import ListTickets, TicketPage
from services.conversation.domain.policy import actor_of, require_department, ticket_visibility_of
from services.conversation.use_cases.list_conversations import DEEPEST
from services.conversation.use_cases.ports import Call, Conversations, ListFilter, Window
from services.conversation.use_cases.ticket_views import ticket_of
from services.conversation.use_cases.totals import total_of
from services.conversation.use_cases.views import view_of


@dataclass(frozen=True)
class ListTicketsForPerson:
    """Takes ListTickets."""

    conversations: Conversations

    async def __call__(self, query: ListTickets, call: Call) -> TicketPage:
        """The page. Raises DomainError `forbidden` for a department that is not the agent's, `invalid` for a
        page too deep.
        """
        skip = (query.page - 1) * query.page_size
        if skip + query.page_size > DEEPEST:
            raise DomainError(ErrorCode.INVALID, f"pages end at row {DEEPEST}: ask for less")
        actor = actor_of(query.person, call.account_id)
        if query.department is not None:
            require_department(actor, query.department)
        wanted = ListFilter(
            visibility=ticket_visibility_of(actor),
            department=query.department,
            tickets_only=True,
            ticket_status=query.status,
        )
        if wanted.visibility.nothing:
            return TicketPage(items=(), page=query.page, page_size=query.page_size, total=0)
        window = Window(query.page_size, skip)
        rows = await self.conversations.rows(call.account_id, wanted, window)
        return TicketPage(
            items=tuple(ticket_of(view_of(row.conversation, actor)) for row in rows),
            page=query.page,
            page_size=query.page_size,
            total=await total_of(self.conversations, call.account_id, wanted, window, rows),
        )
