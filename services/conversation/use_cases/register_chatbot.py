"""Create a chatbot or bring it up to date."""

from libs.contracts.conversation import RegisterChatbot
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import BotMode
from services.conversation.domain.policy import require_admin
from services.conversation.use_cases.departments import check_departments
from services.conversation.use_cases.ports import Call, Chatbot, Transaction


async def register_chatbot(command: RegisterChatbot, _: Call, tx: Transaction) -> None:
    """Raises DomainError `forbidden`, `not_found` for an unregistered account, and `invalid` for a mode or
    department that does not exist.
    """
    require_admin(command.actor)
    if command.mode not in set(BotMode):
        raise DomainError(ErrorCode.INVALID, "there is no such mode")
    await check_departments([command.department] if command.department else [], tx)
    await tx.put_chatbot(
        Chatbot(
            id=command.chatbot_id,
            name=command.name,
            mode=BotMode(command.mode),
            instructions=command.instructions,
            department=command.department,
            handoff_keywords=command.handoff_keywords,
            auto_suggest=command.auto_suggest,
        )
    )
