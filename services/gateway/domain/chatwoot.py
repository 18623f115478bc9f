"""Chatwoot as a channel: a timestamped signature where the version gives one, one event a post.

Source: Chatwoot 4.16, "Webhook events" and its serialisers. The same event can come by an account's webhook,
an inbox's and an agent bot's; all three say the same.
"""

import hmac
from collections.abc import Callable, Mapping
from datetime import timedelta

from libs.contracts.delivery import ConnectionSecrets
from services.gateway.domain.chatwoot_conversations import (
    place_of_conversation,
    place_of_message,
    read_status,
    read_typing,
)
from services.gateway.domain.chatwoot_messages import (
    by_person,
    read_changed,
    read_console_reply,
    read_created,
    read_echo,
    read_receipt,
)
from services.gateway.domain.inbound import Reading
from services.gateway.domain.json_fields import (
    JsonObject,
    UnreadableError,
    choice_in,
    parsed,
)
from services.gateway.domain.signatures import signature_refusal
from services.gateway.domain.webhooks import UNSET, Post

#: How far a signed post's time may be off ours, either way.
WINDOW = timedelta(minutes=5)

#: Events that are known and say nothing to us.
_ASKS_FOR_NOTHING = frozenset(
    {
        "conversation_created",
        "conversation_updated",
        "webwidget_triggered",
        "contact_created",
        "contact_updated",
        "inbox_created",
        "inbox_updated",
    }
)


class Chatwoot:
    """Conversations of a Chatwoot account."""

    covers_body = True
    body_bytes = None

    def refusal(self, post: Post, connection: ConnectionSecrets) -> str | None:
        """By the signature over time and body. A connection whose setting `unsigned` is true belongs to a
        version that does not sign: there the secret is the path below the connection's address.
        """
        secret = connection.webhook_secret
        if not secret:
            return UNSET
        stamp = post.headers.get("x-chatwoot-timestamp")
        signature = post.headers.get("x-chatwoot-signature")
        if connection.settings.get("unsigned") is True and stamp is None and signature is None:
            right = hmac.compare_digest(post.below.encode(), secret.encode())
            return None if right else "the path below the connection's address is not the secret"
        signed = (stamp or "").encode() + b"." + post.body
        refusal = signature_refusal("X-Chatwoot-Signature", signature, secret, signed)
        if refusal is not None or stamp is None:
            return refusal or "the header X-Chatwoot-Timestamp is missing"
        if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
            return "the header X-Chatwoot-Timestamp is no time in Unix seconds"
        if abs(int(stamp) - post.received_at.timestamp()) > WINDOW.total_seconds():
            return "the header X-Chatwoot-Timestamp is more than five minutes off"
        return None

    def read(self, post: Post, connection: ConnectionSecrets) -> Reading:
        """One event."""
        body = parsed(post.body)
        event = choice_in(body, "event")
        if event in _ASKS_FOR_NOTHING:
            return Reading()
        reader = _READERS.get(event)
        if reader is None:
            raise UnreadableError("event is not known")
        return reader(body, connection)

    def challenge(self, asked: Mapping[str, str], connection: ConnectionSecrets) -> str | None:  # noqa: ARG002 - the interface
        """There is no handshake."""
        return None


def _created(body: JsonObject, connection: ConnectionSecrets) -> Reading:
    if body.get("private") is True:
        return Reading()  # a note among colleagues
    place = place_of_message(body, connection)
    kind = _direction(body)
    if kind == "incoming":
        return Reading(messages=(read_created(body, place, connection),))
    if kind != "outgoing":
        return Reading()  # a template, or what happened
    echo = read_echo(body)
    if echo is not None:
        return Reading(receipts=(echo,))
    if by_person(body):
        return Reading(console_replies=(read_console_reply(body, place),))
    return Reading()  # another bot's


def _changed(body: JsonObject, connection: ConnectionSecrets) -> Reading:
    if body.get("private") is True:
        return Reading()
    place = place_of_message(body, connection)
    message = read_changed(body, place, incoming=_direction(body) == "incoming")
    receipt = read_receipt(body) if _direction(body) == "outgoing" else None
    return Reading(
        messages=() if message is None else (message,),
        receipts=() if receipt is None else (receipt,),
    )


def _status(body: JsonObject, connection: ConnectionSecrets) -> Reading:
    return read_status(body, place_of_conversation(body, connection), connection)


def _typing(body: JsonObject, connection: ConnectionSecrets) -> Reading:
    return read_typing(body, place_of_message(body, connection))


def _direction(body: JsonObject) -> str:
    """Text in webhooks, a number in what they nest and in REST: either is taken."""
    number = body.get("message_type")
    if type(number) is int:
        return _DIRECTIONS.get(number, "")
    return choice_in(body, "message_type")


_DIRECTIONS = {0: "incoming", 1: "outgoing", 2: "activity", 3: "template"}

_READERS: dict[str, Callable[[JsonObject, ConnectionSecrets], Reading]] = {
    "message_created": _created,
    "message_updated": _changed,
    "conversation_status_changed": _status,
    # An agent bot is told in these words.
    "conversation_opened": _status,
    "conversation_resolved": _status,
    "conversation_typing_on": _typing,
    "conversation_typing_off": _typing,
}
