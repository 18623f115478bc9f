"""What a listener of a conversation has missed."""

from dataclasses import dataclass

from libs.contracts.conversation import EventPage, EventsAfter
from services.conversation.use_cases.loading import check_id
from services.conversation.use_cases.ports import Call, Conversations


@dataclass(frozen=True)
class GetEventsAfter:
    """Takes EventsAfter. Whether the listener may listen was decided when they subscribed."""

    conversations: Conversations

    async def __call__(self, query: EventsAfter, call: Call) -> EventPage:
        """The events. Raises DomainError `not_found` for an id that no conversation can have."""
        check_id(query.conversation_id)
        found = await self.conversations.events_after(
            call.account_id, query.conversation_id, query.after, query.limit + 1
        )
        return EventPage(events=tuple(found[: query.limit]), more=len(found) > query.limit)
