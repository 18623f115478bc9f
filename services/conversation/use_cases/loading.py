"""How use cases come by a conversation: looked up in the account, then checked against the caller."""

from libs.contracts.base import Actor
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.topology import conversation_crc
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.policy import Action, not_found, require
from services.conversation.use_cases.ports import Transaction


async def load(
    tx: Transaction,
    conversation_id: str,
    actor: Actor,
    action: Action,
    chatbot_id: str | None = None,
    *,
    merged_too: bool = False,
) -> Conversation:
    """The conversation, for this actor to do this with. `chatbot_id`, where given, must be its chatbot.
    `merged_too`: also one that is part of another, for what concerns a message of its own.

    Raises DomainError `not_found`, `forbidden`, `conversation_merged`, or `conflict` when the caller has seen
    another version.
    """
    check_id(conversation_id)
    conversation = await tx.conversation(conversation_id)
    if conversation is None or chatbot_id not in {None, conversation.chatbot_id}:
        raise not_found()
    require(conversation, actor, action)
    if conversation.is_merged and not merged_too:
        raise DomainError(
            ErrorCode.CONVERSATION_MERGED,
            "this conversation is part of another one now",
            conversation_id=conversation.merged_into,
        )
    tx.check_version(conversation)
    return conversation


async def home_of(tx: Transaction, conversation: Conversation) -> Conversation:
    """The conversation that this one is part of by now: itself, if of none."""
    while conversation.merged_into is not None:
        further = await tx.conversation(conversation.merged_into)
        if further is None:
            break
        conversation = further
    return conversation


def check_id(conversation_id: str) -> None:
    """Raise DomainError `not_found` for an id that no conversation can have."""
    try:
        conversation_crc(conversation_id)
    except ValueError as error:
        raise not_found() from error
