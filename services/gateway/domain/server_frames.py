"""Frames that the gateway itself sends over a WebSocket, beside those of the topics."""

import json
from typing import Any


def _text(**fields: Any) -> str:
    return json.dumps(
        {key: value for key, value in fields.items() if value is not None}, separators=(",", ":")
    )


def subscribed(topic: str, seq: int, *, complete: bool) -> str:
    """`seq` is where the topic's numbers stand; what was missed follows. Where `complete` is false, some of
    it is not to be had any more and the client reads the thread or list again.
    """
    return _text(type="subscribed", topic=topic, seq=seq, complete=complete)


def unsubscribed(topic: str) -> str:
    """No more frames of this topic."""
    return _text(type="unsubscribed", topic=topic)


def pong() -> str:
    """The answer to a ping."""
    return _text(type="pong")


def acknowledged(client_message_id: str) -> str:
    """The message is safe."""
    return _text(type="ack", client_message_id=client_message_id)


def stored(message_id: str, client_message_id: str | None) -> str:
    """The message is stored under this id."""
    return _text(type="ack", client_message_id=client_message_id, message_id=message_id)


def error(code: str, detail: str, *, topic: str | None = None, client_message_id: str | None = None) -> str:
    """A frame that was refused; the socket stays open."""
    return _text(type="error", code=code, detail=detail, topic=topic, client_message_id=client_message_id)
