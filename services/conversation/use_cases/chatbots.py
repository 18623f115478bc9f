"""What the use cases about chatbots share."""

from libs.contracts.chatbots import ChatbotView
from libs.contracts.errors import DomainError, ErrorCode
from services.conversation.use_cases.departments import check_departments
from services.conversation.use_cases.ports import Chatbot, Transaction


def chatbot_view(chatbot: Chatbot) -> ChatbotView:
    """As administrators see it."""
    return ChatbotView.model_validate(vars(chatbot))


async def keep_chatbot(view: ChatbotView, tx: Transaction) -> ChatbotView:
    """Store it. Raises DomainError `not_found`, `invalid` for a department that there is not."""
    await check_departments([view.department] if view.department else [], tx)
    await tx.put_chatbot(Chatbot(**dict(view)))
    return view


async def load_chatbot(chatbot_id: str, tx: Transaction) -> Chatbot:
    """The chatbot. Raises DomainError `not_found`."""
    chatbot = await tx.chatbot(chatbot_id)
    if chatbot is None:
        raise no_chatbot()
    return chatbot


def no_chatbot() -> DomainError:
    """For a chatbot that the account does not have."""
    return DomainError(ErrorCode.NOT_FOUND, "there is no such chatbot")
