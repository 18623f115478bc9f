"""What the AI hears of the account's directory, decoded into its own words."""

from libs.contracts.chatbots import ChatbotDeleted
from libs.runtime.received import Received, Routes
from services.ai.domain.documents import KnowledgeBase
from services.ai.use_cases.forget_chatbot import ForgetChatbot


def directory_routes(forget: ForgetChatbot) -> Routes:
    """Routes of the queue of the directory's events."""

    async def on_chatbot_deleted(received: Received[ChatbotDeleted]) -> None:
        await forget(KnowledgeBase(received.envelope.accountid, received.message.chatbot_id))

    return {ChatbotDeleted: on_chatbot_deleted}
