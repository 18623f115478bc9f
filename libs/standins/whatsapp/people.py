"""The people on the other side of a number, and Meta's webhooks about them.

Bodies are written in ASCII with escapes and signed over exactly those bytes, as Meta does.
"""

import base64
import binascii
import hashlib
import hmac
import itertools
import json
import random
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from libs.standins.control import only, take
from libs.standins.errors import StandinError
from libs.standins.http_api import JsonObject
from libs.standins.webhooks import Posting
from libs.standins.whatsapp.errors import error_object

if TYPE_CHECKING:
    from libs.standins.whatsapp.number import WhatsAppNumber

MAX_BATCH = 1_000
STATUSES = ("sent", "delivered", "read", "played", "failed")
_WITH_FILES = frozenset({"image", "video", "audio", "document", "sticker"})
_COMMON = ("from", "name", "user_id", "username", "group_id", "context", "id", "timestamp", "type", "text")

#: From a random place on, so that a restarted stand-in gives no id twice: a webhook's receiver would take
#: the second for a repeat of the first.
_ids = itertools.count(random.SystemRandom().randrange(10**9, 10**12))


class People:
    """What people can do to a number."""

    def __init__(self, number: "WhatsAppNumber") -> None:
        self._number = number

    def actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], Posting | JsonObject]]:
        """Return the paths of the control API and what takes their bodies."""
        return {
            "messages": self.write,
            "messages-batch": self.write_batch,
            "statuses": self.status,
            "notifications": self.notify,
            "windows": self.set_window,
        }

    def write(self, body: Mapping[str, Any]) -> Posting:
        """``{from? | user_id?, text? | type and content, name?, group_id?, context?}``: a person writes."""
        message, contact = self._message(body)
        return self._post([self._value({"contacts": [contact], "messages": [message]})], message)

    def write_batch(self, body: Mapping[str, Any]) -> Posting:
        """``{messages: [what ``messages`` takes, with another phone_number_id]}``: one post."""
        only(body, "messages")
        messages = take(body, "messages", list)
        if not 1 <= len(messages) <= MAX_BATCH or not all(isinstance(one, dict) for one in messages):
            raise StandinError(f"messages must be 1-{MAX_BATCH} objects")
        values: dict[str, JsonObject] = {}
        for given in messages:
            number_id = str(given.get("phone_number_id", self._number.id))
            message, contact = self._message({k: v for k, v in given.items() if k != "phone_number_id"})
            value = values.setdefault(number_id, self._value({"contacts": [], "messages": []}, number_id))
            value["contacts"].append(contact)
            value["messages"].append(message)
        return self._post(list(values.values()), {})

    def status(self, body: Mapping[str, Any]) -> Posting:
        """``{message_id, status, recipient?, code?}``: a receipt for a message of ours."""
        only(body, "message_id", "status", "recipient", "code")
        message_id, status = take(body, "message_id", str), take(body, "status", str)
        if status not in STATUSES:
            raise StandinError(f"status must be one of {', '.join(STATUSES)}")
        recipient = take(body, "recipient", str, default="")
        sent = self._number.sent.after(limit=len(self._number.sent))
        known = next((one for one in sent if one.message_id == message_id), None)
        more: JsonObject = {"status": status}
        if known and "biz_opaque_callback_data" in known.request:
            more["biz_opaque_callback_data"] = known.request["biz_opaque_callback_data"]
        if "code" in body:
            more["errors"] = [error_object(take(body, "code", int))]
        posting = self.receipt(message_id, recipient or (known.key if known else ""), more)
        if posting is None:
            raise StandinError("the number has no webhook_url")
        return posting

    def notify(self, body: Mapping[str, Any]) -> Posting:
        """``{value, field?}`` or ``{payload}``: any notification, known or not."""
        only(body, "value", "field", "payload")
        if "payload" in body:
            return self._deliver(take(body, "payload", dict), "", "payload", {})
        field = take(body, "field", str, default="messages")
        value = self._value(take(body, "value", dict))
        return self._post([value], {}, field=field)

    def set_window(self, body: Mapping[str, Any]) -> JsonObject:
        """``{recipient, open}``: open a person's 24-hour window without a message, or let it be over."""
        only(body, "recipient", "open")
        recipient, opened = take(body, "recipient", str), take(body, "open", bool)
        self._number.opened[recipient] = time.time() if opened else 0.0
        return {"recipient": recipient, "open": opened}

    def receipt(self, message_id: str, recipient: str, more: JsonObject) -> Posting | None:
        """Post a status of a message; None where there is no webhook."""
        if self._number.settings.webhook_url is None:
            return None
        status: JsonObject = {"id": message_id, "timestamp": str(int(time.time())), **more}
        if recipient.lstrip("+").isdigit():
            status["recipient_id"] = recipient.lstrip("+")
        elif recipient:
            status["recipient_user_id"] = recipient
        return self._post([self._value({"statuses": [status]})], status)

    def _message(self, body: Mapping[str, Any]) -> tuple[JsonObject, JsonObject]:
        wa_id, user_id = take(body, "from", str, default=None), take(body, "user_id", str, default=None)
        if wa_id is None and user_id is None:
            raise StandinError("from (a number) or user_id is required")
        text = take(body, "text", str, default=None)
        kind = take(body, "type", str, default="text")
        message: JsonObject = {
            "id": take(body, "id", str, default=f"wamid.IN{next(_ids)}"),
            "timestamp": str(take(body, "timestamp", int, default=int(time.time()))),
            "type": kind,
        }
        contact: JsonObject = {"profile": {"name": take(body, "name", str, default="Ines")}}
        if username := take(body, "username", str, default=None):
            contact["profile"]["username"] = username
        if wa_id:
            message["from"] = contact["wa_id"] = wa_id
        if user_id:
            message["from_user_id"] = contact["user_id"] = user_id
        for name in ("group_id", "context"):
            if name in body:
                message[name] = body[name]
        if text is not None:
            message["text"] = {"body": text}
        content = {name: value for name, value in body.items() if name not in _COMMON}
        if kind in _WITH_FILES and isinstance(content.get(kind), dict):
            content[kind] = self._with_file(content[kind])
        message.update(content)
        for person in filter(None, (wa_id, user_id)):
            self._number.opened[person] = time.time()
        return message, contact

    def _with_file(self, content: JsonObject) -> JsonObject:
        """Turn ``content_base64`` into a media id that can be downloaded."""
        rest = {name: value for name, value in content.items() if name != "content_base64"}
        if "content_base64" not in content:
            return rest
        try:
            file = base64.b64decode(str(content["content_base64"]), validate=True)
        except binascii.Error:
            raise StandinError("content_base64 is not base64") from None
        mime_type = str(rest.setdefault("mime_type", "application/octet-stream"))
        digest = base64.b64encode(hashlib.sha256(file).digest()).decode()
        return {**rest, "id": self._number.keep_media(mime_type, file), "sha256": digest}

    def _value(self, members: Mapping[str, Any], number_id: str | None = None) -> JsonObject:
        metadata = {
            "display_phone_number": self._number.settings.display_phone_number,
            "phone_number_id": number_id or self._number.id,
        }
        return {"messaging_product": "whatsapp", "metadata": metadata, **members}

    def _post(self, values: list[JsonObject], about: JsonObject, *, field: str = "messages") -> Posting:
        changes = [{"field": field, "value": value} for value in values]
        entry = {"id": self._number.settings.account_id, "changes": changes}
        kind = str(about.get("status") or about.get("type") or field)
        key = str(about.get("from") or about.get("from_user_id") or about.get("recipient_id") or "")
        facts = {"message_id": about.get("id")}
        return self._deliver({"object": "whatsapp_business_account", "entry": [entry]}, key, kind, facts)

    def _deliver(self, payload: JsonObject, key: str, kind: str, facts: JsonObject) -> Posting:
        settings = self._number.settings
        if settings.webhook_url is None:
            raise StandinError("the number has no webhook_url")
        body = json.dumps(payload, separators=(",", ":"), ensure_ascii=True).encode()

        def headers(raw: bytes) -> Mapping[str, str]:
            digest = hmac.new(settings.app_secret.encode(), raw, hashlib.sha256).hexdigest()
            return {"X-Hub-Signature-256": f"sha256={digest}"}

        return self._number.sender.submit(
            settings.webhook_url, body, headers, kind=kind, key=key, facts=facts
        )
