"""Changes that somebody makes on the strength of what they saw (`If-Match`)."""

from libs.contracts.errors import DomainError, ErrorCode
from services.conversation.domain.conversation import Conversation


def check_unchanged(conversation: Conversation, expected: int | None) -> None:
    """Raise DomainError `conflict` unless what somebody decides by is as it was at the expected version; None
    expects none. Receipts and read marks since then do not count.
    """
    if expected is not None and not conversation.revision <= expected <= conversation.version:
        raise DomainError(
            ErrorCode.CONFLICT,
            "the conversation was changed by somebody else meanwhile",
            conversation_id=conversation.id,
        )
