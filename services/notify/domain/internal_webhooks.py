"""What is posted to internal receivers: which events, where, in which form, and with which signature.

Signed per Standard Webhooks (standardwebhooks.com): `v1,` and the base64 of HMAC-SHA256 over
`<id>.<timestamp>.<body>`. A secret that begins with `whsec_` is base64 behind it, any other is taken as is.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from libs.contracts.conversation import ConversationClosed, ConversationEvent, MessageRecorded
from libs.contracts.frames import stamp
from libs.contracts.suggestions import SuggestionRecorded
from libs.contracts.vocabulary import SenderKind

PREFIX = "whsec_"
#: Attempts until an event is set aside; with the pauses below they span most of a day.
MOST_ATTEMPTS = 40
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 1_800.0


@dataclass(frozen=True)
class Notice:
    """What one event is to a receiver: the path below its base address, and the body."""

    path: str
    body: str


def notice_of(event: ConversationEvent, event_id: str) -> Notice | None:
    """The notice of an event; None for one that no receiver hears of."""
    if isinstance(event, MessageRecorded) and event.message.sender.kind is not SenderKind.SYSTEM:
        return _notice("on_message_sent", event, event_id, _message(event))
    if isinstance(event, SuggestionRecorded):
        return _notice("on_ai_reply_suggested", event, event_id, _suggestion(event))
    if isinstance(event, ConversationClosed) and event.conversation.requester_id is not None:
        closed = {"closed_by": event.actor.id, "closed_at": stamp(event.occurred_at)}
        return _notice("on_ticket_closed", event, event_id, closed)
    return None


def _suggestion(event: SuggestionRecorded) -> dict[str, Any]:
    suggestion = event.suggestion
    return {
        "suggestion_id": suggestion.id,
        "message_id": suggestion.message_id,
        "suggested_response": suggestion.body,
        "confidence": suggestion.confidence,
        "isAI": True,
    }


def _message(event: MessageRecorded) -> dict[str, Any]:
    message = event.message
    return {
        "message_id": message.id,
        "sender_id": message.sender.id,
        "sender_kind": message.sender.kind,
        "sender_name": message.sender.name,
        "kind": message.kind,
        "content": message.content,
        "isAI": message.is_ai,
        "feedback": message.feedback,
    }


def _notice(name: str, event: ConversationEvent, event_id: str, data: dict[str, Any]) -> Notice:
    conversation = event.conversation
    body = {
        "id": event_id,
        "type": name,
        "timestamp": stamp(event.occurred_at),
        "account_id": conversation.account_id,
        "data": {
            "conversation_id": conversation.id,
            "ticket_id": conversation.id if conversation.requester_id else None,
            "chatbot_id": conversation.chatbot_id,
            "channel": conversation.channel,
            "status": conversation.status,
            "department": conversation.department,
            "assignee_id": conversation.assignee_id,
            **data,
        },
    }
    return Notice(f"/internal/webhook/{name}", json.dumps(body, ensure_ascii=False, separators=(",", ":")))


def key_of(secret: str) -> bytes:
    """The key of a secret. Raises ValueError for one whose base64 is none."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("what follows whsec_ is not base64") from error


def signed_headers(key: bytes, event_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """The headers of one attempt. The id is the same through all attempts; receivers know repeats by it."""
    timestamp = str(int(at.timestamp()))
    text = f"{event_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return {
        "content-type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }


def next_attempt(attempts: int, at: datetime, jitter: float) -> datetime | None:
    """When to try again after `attempts` that failed; None when it is set aside. `jitter` is 0 to 1."""
    if attempts >= MOST_ATTEMPTS:
        return None
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(attempts - 1, 20))
    return at + timedelta(seconds=pause * (0.8 + 0.4 * jitter))
