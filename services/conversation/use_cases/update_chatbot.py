"""Change a chatbot."""

from libs.contracts.chatbots import ChatbotView, UpdateChatbot
from services.conversation.domain.directory import fields_of
from services.conversation.domain.policy import require_admin
from services.conversation.use_cases.chatbots import chatbot_view, keep_chatbot, load_chatbot
from services.conversation.use_cases.ports import Call, Transaction

_FIELDS = ("name", "mode", "instructions", "department", "handoff_keywords", "auto_suggest")
#: What a cleared field becomes.
_EMPTY = {"department": None, "instructions": "", "handoff_keywords": ()}


async def update_chatbot(command: UpdateChatbot, _: Call, tx: Transaction) -> ChatbotView:
    """The chatbot as it is now. Raises DomainError `forbidden`, `not_found`, `invalid`."""
    require_admin(command.actor)
    before = chatbot_view(await load_chatbot(command.chatbot_id, tx))
    changed = fields_of(command, _FIELDS, set(_EMPTY))
    changed |= {name: _EMPTY[name] for name in command.cleared}
    return await keep_chatbot(before.model_copy(update=changed), tx)
