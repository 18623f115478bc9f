"""Chatbots, for administrators."""

from dataclasses import dataclass

from libs.contracts.chatbots import ChatbotPage, ChatbotView, GetChatbot, ListChatbots
from services.conversation.domain.policy import actor_of, require_admin
from services.conversation.use_cases.chatbots import chatbot_view, no_chatbot
from services.conversation.use_cases.directory_read_ports import Directory
from services.conversation.use_cases.id_cursor import after_of, page_of
from services.conversation.use_cases.ports import Call


@dataclass(frozen=True)
class ListChatbotsForAdmin:
    """Takes ListChatbots."""

    directory: Directory

    async def __call__(self, query: ListChatbots, call: Call) -> ChatbotPage:
        """A page. Raises DomainError `forbidden`, `invalid` for what is no cursor."""
        require_admin(actor_of(query.person, call.account_id))
        found = await self.directory.chatbots(call.account_id, after_of(query.cursor), query.page_size + 1)
        shown, next_cursor = page_of(found, query.page_size)
        return ChatbotPage(items=tuple(chatbot_view(one) for one in shown), next_cursor=next_cursor)


@dataclass(frozen=True)
class GetChatbotForAdmin:
    """Takes GetChatbot."""

    directory: Directory

    async def __call__(self, query: GetChatbot, call: Call) -> ChatbotView:
        """One of them. Raises DomainError `forbidden`, `not_found`."""
        require_admin(actor_of(query.person, call.account_id))
        chatbot = await self.directory.chatbot(call.account_id, query.chatbot_id)
        if chatbot is None:
            raise no_chatbot()
        return chatbot_view(chatbot)
