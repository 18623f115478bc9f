"""WhatsApp as a channel: a signature over the body, any number of events for any number of numbers a post.

Source: Graph API webhooks of mid-2026 ("Webhooks payload examples", "Business-scoped user ids").
"""

import hmac
from collections.abc import Callable, Mapping
from typing import Any

from libs.contracts.delivery import ConnectionSecrets
from services.gateway.domain.inbound import Inbound, Moved, Reading, Receipt
from services.gateway.domain.json_fields import (
    JsonObject,
    UnreadableError,
    choice_in,
    object_in,
    optional_list,
    optional_object,
    optional_text,
    optional_word,
    parsed,
)
from services.gateway.domain.signatures import signature_refusal
from services.gateway.domain.webhooks import UNSET, Post
from services.gateway.domain.whatsapp_messages import Number, read_message, read_moved
from services.gateway.domain.whatsapp_receipts import read_receipt

#: Fields of a business account that say nothing about a conversation.
_ASKS_FOR_NOTHING = frozenset(
    {
        "message_template_status_update",
        "message_template_quality_update",
        "message_template_components_update",
        "template_category_update",
        "account_alerts",
        "account_review_update",
        "account_settings_update",
        "account_update",
        "automatic_events",
        "business_capability_update",
        "business_status_update",
        "calls",
        "flows",
        "group_lifecycle_update",
        "group_participants_update",
        "group_settings_update",
        "group_status_update",
        "history",
        "message_echoes",
        "partner_solutions",
        "payment_configuration_update",
        "phone_number_name_update",
        "phone_number_quality_update",
        "security",
        "smb_app_state_sync",
        "smb_message_echoes",
        "tracking_events",
        "user_preferences",
    }
)


class WhatsApp:
    """Numbers of a WhatsApp Business account."""

    covers_body = True
    #: Meta's own bound for a post.
    body_bytes = 3 * 1024 * 1024 + 65_536

    def refusal(self, post: Post, connection: ConnectionSecrets) -> str | None:
        """By the signature with the app's secret."""
        secret = connection.webhook_secret
        if not secret:
            return UNSET
        given = post.headers.get("x-hub-signature-256")
        return signature_refusal("X-Hub-Signature-256", given, secret, post.body)

    def read(self, post: Post, connection: ConnectionSecrets) -> Reading:  # noqa: ARG002 - the interface
        """Everything, of whichever number; what one entry gets wrong takes nothing from the others."""
        body = parsed(post.body)
        if body.get("object") != "whatsapp_business_account":
            raise UnreadableError("object is not whatsapp_business_account")
        read = _Collected()
        for change in _changes(body, read.unread):
            field = choice_in(change, "field")
            if field == "messages":
                read.take(change)
            elif field not in _ASKS_FOR_NOTHING:
                read.unread.append("a field that is not known")
        return read.reading()

    def challenge(self, asked: Mapping[str, str], connection: ConnectionSecrets) -> str | None:
        """Meta's handshake, with the verify token."""
        token = connection.verify_token
        same = hmac.compare_digest(asked.get("hub.verify_token", "").encode(), (token or "\0").encode())
        if not token or not same or asked.get("hub.mode") != "subscribe":
            return None
        return asked.get("hub.challenge", "")


class _Collected:
    """What has been read so far."""

    def __init__(self) -> None:
        self.messages: list[Inbound] = []
        self.receipts: list[Receipt] = []
        self.moved: list[Moved] = []
        self.unread: list[str] = []

    def take(self, change: JsonObject) -> None:
        """One change of the field `messages`: of one number."""
        try:
            value = object_in(change, "value")
            metadata = optional_object(value, "metadata") or {}
            number = Number(
                id=optional_word(metadata, "phone_number_id"),
                display=optional_text(metadata, "display_phone_number", 64),
                contacts=tuple(one for one in optional_list(value, "contacts") if type(one) is dict),
            )
        except UnreadableError as error:
            self.unread.append(str(error))
            return
        for name in ("messages", "statuses"):
            if name in value and type(value[name]) is not list:
                self.unread.append(f"{name} is not a list")
        for raw in optional_list(value, "messages"):
            self._one(raw, lambda one: self._message(one, number))
        for raw in optional_list(value, "statuses"):
            self._one(raw, lambda one: self.receipts.append(read_receipt(one, number.id)))
        if optional_list(value, "errors") and not optional_list(value, "messages"):
            self.unread.append("the platform reports an error of its own")
        if value.keys() - _VALUE:
            self.unread.append("a member of value that is not known")

    def _message(self, raw: JsonObject, number: Number) -> None:
        moved = read_moved(raw, number)
        if moved is not None:
            self.moved.append(moved)
            return
        message = read_message(raw, number)
        if message is not None:
            self.messages.append(message.inbound)
            if not message.known:
                self.unread.append("a message of a type that is not known")

    def _one(self, raw: Any, read: Callable[[JsonObject], None]) -> None:
        try:
            if type(raw) is not dict:
                raise UnreadableError("an item is not an object")
            read(raw)
        except UnreadableError as error:
            self.unread.append(str(error))

    def reading(self) -> Reading:
        """All of it."""
        return Reading(
            messages=tuple(self.messages),
            receipts=tuple(self.receipts),
            moved=tuple(self.moved),
            unread=tuple(dict.fromkeys(self.unread)),
        )


_VALUE = frozenset({"messaging_product", "metadata", "contacts", "messages", "statuses", "errors"})


def _changes(body: JsonObject, unread: list[str]) -> list[JsonObject]:
    found: list[JsonObject] = []
    entries = body.get("entry")
    if type(entries) is not list:
        raise UnreadableError("entry is not a list")
    for entry in entries:
        if type(entry) is not dict or type(entry.get("changes")) is not list:
            unread.append("an entry has no list of changes")
            continue
        changes = [change for change in entry["changes"] if type(change) is dict]
        if len(changes) < len(entry["changes"]):
            unread.append("a change is not an object")
        found.extend(changes)
    return found
