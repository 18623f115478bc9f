"""What the AI has to know of the chatbot that speaks in a conversation."""

from dataclasses import dataclass

from libs.contracts.ai import ChatbotProfile
from libs.contracts.improving import GetChatbotProfile
from services.conversation.domain.policy import Action, actor_of, not_found, require
from services.conversation.use_cases.asking_ai import profile_of
from services.conversation.use_cases.directory_read_ports import Directory
from services.conversation.use_cases.loading import check_id
from services.conversation.use_cases.ports import Call, Conversations


@dataclass(frozen=True)
class GetChatbotProfileOfConversation:
    """Takes GetChatbotProfile."""

    conversations: Conversations
    directory: Directory

    async def __call__(self, query: GetChatbotProfile, call: Call) -> ChatbotProfile:
        """The profile; of a chatbot that is gone, the name alone. Raises DomainError `not_found`,
        `forbidden`.
        """
        check_id(query.conversation_id)
        conversation = await self.conversations.find(call.account_id, query.conversation_id)
        if conversation is None:
            raise not_found()
        require(conversation, actor_of(query.person, call.account_id), Action.SUGGEST)
        chatbot = await self.directory.chatbot(call.account_id, conversation.chatbot_id)
        if chatbot is None:
            return ChatbotProfile(id=conversation.chatbot_id, name=conversation.chatbot_name)
        return profile_of(chatbot)
