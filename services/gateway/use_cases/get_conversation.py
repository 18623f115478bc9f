"""One thread that a person may see."""

from libs.contracts.reading import ConversationThread, GetConversation
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.ports import Conversations


class GetVisibleConversation:
    """A thread that may not be seen is not found."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    async def __call__(self, caller: PersonCaller, query: GetConversation) -> ConversationThread:
        """Raises DomainError `not_found`, `invalid` for what is no cursor, TransientError when nobody
        answers.
        """
        return await self._conversations.thread(query, account_id=caller.account_id)
