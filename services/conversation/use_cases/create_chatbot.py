"""A new chatbot."""

from libs.contracts.chatbots import ChatbotView, CreateChatbot
from libs.contracts.errors import DomainError, ErrorCode
from services.conversation.domain.policy import require_admin
from services.conversation.use_cases.chatbots import keep_chatbot
from services.conversation.use_cases.ports import Call, Transaction


async def create_chatbot(command: CreateChatbot, _: Call, tx: Transaction) -> ChatbotView:
    """The chatbot. Raises DomainError `forbidden`, `conflict`, `not_found`, `invalid`."""
    require_admin(command.actor)
    if await tx.chatbot(command.chatbot.id) is not None:
        raise DomainError(ErrorCode.CONFLICT, "there is a chatbot of this id already")
    return await keep_chatbot(command.chatbot, tx)
