"""One thread that a person may see."""

from libs.contracts.reading import ConversationThread, GetConversation
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.ports import Conversations


class GetVisibleConversation:
    """A thread that may not be seen is not found."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    async def __call__(
        self, caller: PersonCaller, conversation_id: str, *, limit: int, before: int | None
    ) -> ConversationThread:
        """Raises DomainError `not_found`, TransientError when nobody answers."""
        query = GetConversation(
            person=caller.person, conversation_id=conversation_id, limit=limit, before=before
        )
        return await self._conversations.thread(query, account_id=caller.account_id)
