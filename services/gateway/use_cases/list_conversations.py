"""A page of the conversations that a person may see."""

from libs.contracts.reading import ListConversations
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.ports import Conversations


class ListVisibleConversations:
    """What may be seen is decided by who owns the conversations; the caller is part of the question."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    async def __call__(self, caller: PersonCaller, filters: ListConversations) -> bytes:
        """A ConversationPage as JSON. Raises DomainError `use_cursor` or `invalid`, TransientError when
        nobody answers.
        """
        asked = filters.model_copy(update={"person": caller.person})
        return await self._conversations.list(asked, account_id=caller.account_id)
