"""One ticket with its messages."""

from dataclasses import dataclass

from libs.contracts.reading import GetConversation
from libs.contracts.tickets import GetTicket, TicketThread
from services.conversation.use_cases.get_conversation import GetThread
from services.conversation.use_cases.ports import Call
from services.conversation.use_cases.ticket_views import ticket_of


@dataclass(frozen=True)
class GetTicketThread:
    """Takes GetTicket: the thread, as it is read everywhere else, in the helpdesk's words."""

    thread: GetThread

    async def __call__(self, query: GetTicket, call: Call) -> TicketThread:
        """The ticket. Raises DomainError `not_found` also for what is no ticket or may not be seen."""
        found = await self.thread(
            GetConversation(
                person=query.person,
                conversation_id=query.conversation_id,
                limit=query.limit,
                before=query.before,
                cursor=query.cursor,
            ),
            call,
        )
        return TicketThread(
            ticket=ticket_of(found.conversation),
            messages=found.messages,
            timeline=found.timeline,
            more_before=found.more_before,
            previous_cursor=found.previous_cursor,
        )
