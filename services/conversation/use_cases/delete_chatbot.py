"""Remove a chatbot."""

from libs.contracts.chatbots import ChatbotDeleted, ChatbotView, DeleteChatbot
from libs.contracts.errors import DomainError, ErrorCode
from services.conversation.domain.policy import require_admin
from services.conversation.use_cases.chatbots import chatbot_view, load_chatbot
from services.conversation.use_cases.departments import load_account
from services.conversation.use_cases.ports import Call, Transaction


async def delete_chatbot(command: DeleteChatbot, call: Call, tx: Transaction) -> ChatbotView:
    """The chatbot as it was; delivery and the AI are told to let go of what they keep for it.

    Raises DomainError `forbidden`, `not_found`, and `conflict` while a department or an open conversation
    needs it.
    """
    require_admin(command.actor)
    chatbot = await load_chatbot(command.chatbot_id, tx)
    account = await load_account(tx)
    if any(one.default_chatbot_id == chatbot.id for one in account.departments):
        raise DomainError(ErrorCode.CONFLICT, "the chatbot is a department's default one")
    if await tx.chatbot_is_used(chatbot.id):
        raise DomainError(ErrorCode.CONFLICT, "the chatbot still has open conversations")
    await tx.delete_chatbot(chatbot.id)
    tx.publish(ChatbotDeleted(actor=command.actor, occurred_at=call.now, chatbot_id=chatbot.id))
    return chatbot_view(chatbot)
