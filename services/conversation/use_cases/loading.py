"""How use cases come by a conversation: looked up in the account, then checked against the caller."""

from libs.contracts.base import Actor
from libs.contracts.topology import conversation_crc
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.policy import Action, not_found, require
from services.conversation.use_cases.ports import Transaction


async def load(
    tx: Transaction, conversation_id: str, actor: Actor, action: Action, chatbot_id: str | None = None
) -> Conversation:
    """The conversation, for this actor to do this with. `chatbot_id`, where given, must be its chatbot.

    Raises DomainError `not_found`, `forbidden`, or `conflict` when the caller has seen another version.
    """
    check_id(conversation_id)
    conversation = await tx.conversation(conversation_id)
    if conversation is None or chatbot_id not in {None, conversation.chatbot_id}:
        raise not_found()
    require(conversation, actor, action)
    tx.check_version(conversation)
    return conversation


def check_id(conversation_id: str) -> None:
    """Raise DomainError `not_found` for an id that no conversation can have."""
    try:
        conversation_crc(conversation_id)
    except ValueError as error:
        raise not_found() from error
