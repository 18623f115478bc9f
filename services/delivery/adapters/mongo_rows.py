"""Ledger rows as documents, and back."""

from typing import Any

from libs.contracts.vocabulary import Channel
from services.delivery.domain.reply import Reply, ReplyState

_SAME = (
    "account_id",
    "connection_id",
    "conversation_id",
    "line_no",
    "target",
    "content",
    "reply_to_external",
    "created_at",
    "next_attempt_at",
    "head",
    "attempts",
    "claim_id",
    "error",
    "correlation_id",
    "causation_id",
    "traceparent",
)


def document_of(reply: Reply) -> dict[str, Any]:
    """The document of a row; what only the store knows of it is not in it."""
    return {name: getattr(reply, name) for name in _SAME} | {
        "_id": reply.message_id,
        "channel": reply.channel.value,
        "state": reply.state.value,
        "provider_ids": list(reply.provider_ids),
    }


def reply_of(document: dict[str, Any]) -> Reply:
    """The row of an open document."""
    return Reply(
        message_id=document["_id"],
        channel=Channel(document["channel"]),
        state=ReplyState(document["state"]),
        provider_ids=tuple(document["provider_ids"]),
        **{name: document[name] for name in _SAME},
    )
