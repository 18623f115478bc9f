"""What the AI proposes for a conversation."""

from dataclasses import dataclass
from typing import Protocol

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.suggestions import GetSuggestion, SuggestionView
from services.conversation.domain.policy import Action, actor_of, not_found, require
from services.conversation.use_cases.loading import check_id
from services.conversation.use_cases.ports import Call, Conversations


class Suggestions(Protocol):
    """Suggestions, decided or not."""

    async def suggestion(
        self, account_id: str, conversation_id: str, suggestion_id: str
    ) -> SuggestionView | None:
        """One of a conversation's, as it was last changed."""


@dataclass(frozen=True)
class GetSuggestionOfConversation:
    """Takes GetSuggestion."""

    conversations: Conversations
    suggestions: Suggestions

    async def __call__(self, query: GetSuggestion, call: Call) -> SuggestionView:
        """The suggestion. Raises DomainError `not_found` or `forbidden`."""
        check_id(query.conversation_id)
        conversation = await self.conversations.find(call.account_id, query.conversation_id)
        if conversation is None:
            raise not_found()
        require(conversation, actor_of(query.person, call.account_id), Action.SUGGEST)
        found = conversation.suggestion
        if query.suggestion_id is not None and (found is None or found.id != query.suggestion_id):
            found = await self.suggestions.suggestion(call.account_id, conversation.id, query.suggestion_id)
        if found is None:
            raise DomainError(ErrorCode.NOT_FOUND, "there is no suggestion", conversation_id=conversation.id)
        return found
