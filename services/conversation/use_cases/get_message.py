"""One message."""

from dataclasses import dataclass
from typing import Protocol

from libs.contracts.conversation import MessageView
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.messages import GetMessage
from services.conversation.domain.policy import Action, actor_of, not_found, require
from services.conversation.use_cases.loading import check_id
from services.conversation.use_cases.merged_reads import read_home
from services.conversation.use_cases.ports import Call, Conversations


class Messages(Protocol):
    """Messages by id."""

    async def message(self, account_id: str, conversation_id: str, message_id: str) -> MessageView | None:
        """One of a conversation's."""


@dataclass(frozen=True)
class GetMessageOfConversation:
    """Takes GetMessage."""

    conversations: Conversations
    messages: Messages

    async def __call__(self, query: GetMessage, call: Call) -> MessageView:
        """The message. Raises DomainError `not_found` also for one that the caller may not see."""
        check_id(query.conversation_id)
        conversation = await self.conversations.find(call.account_id, query.conversation_id)
        if conversation is None:
            raise not_found()
        conversation = await read_home(self.conversations, conversation)
        require(conversation, actor_of(query.person, call.account_id), Action.READ)
        for place in (conversation.id, *conversation.merged):
            found = await self.messages.message(call.account_id, place, query.message_id)
            if found is not None:
                return found
        raise DomainError(ErrorCode.NOT_FOUND, "there is no such message", conversation_id=conversation.id)
