"""People on both sides of a Chatwoot account, and its webhooks about them."""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from libs.standins.chatwoot.state import INCOMING, SENT, STATUSES, Conversation
from libs.standins.control import only, take
from libs.standins.errors import StandinError, UnknownError
from libs.standins.http_api import JsonObject
from libs.standins.webhooks import Posting

if TYPE_CHECKING:
    from libs.standins.chatwoot.account import ChatwootAccount

_KINDS = {INCOMING: "incoming", SENT: "outgoing"}
AGENT = {"id": 8, "name": "Ana", "email": "ana@kettle.test", "type": "user"}


class People:
    """What people can do to an account."""

    def __init__(self, account: "ChatwootAccount") -> None:
        self._account = account

    def actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], Posting | JsonObject]]:
        """Return the paths of the control API and what takes their bodies."""
        return {
            "messages": self.write,
            "agent-messages": self.answer,
            "statuses": self.set_status,
            "conversations": self.set_conversation,
            "payloads": self.payload,
        }

    def write(self, body: Mapping[str, Any]) -> Posting:
        """``{text?, conversation_id?, name?, email?, phone_number?, more?}``: somebody writes, in a new
        conversation unless they name one; ``more`` are members of the message.
        """
        only(body, "text", "conversation_id", "name", "email", "phone_number", "more")
        state = self._account.state
        if (display_id := take(body, "conversation_id", int, default=None)) is None:
            fields = {name: take(body, name, str, default=None) for name in ("email", "phone_number")}
            contact = state.add_contact(name=take(body, "name", str, default="Jo Wren"), **fields)
            settings = self._account.settings
            conversation = state.add_conversation(contact, settings.inbox_id, settings.first_status)
        else:
            conversation = self._known(display_id)
            if conversation.status == "resolved":
                conversation.status = "pending"
        more = take(body, "more", dict, default={})
        message = state.add_message(conversation, INCOMING, take(body, "text", str, default=None), **more)
        sender = {**conversation.contact.as_json(), "account": self._account_json()}
        return self._message_event("message_created", conversation, {**message, "sender": sender})

    def answer(self, body: Mapping[str, Any]) -> Posting:
        """``{conversation_id, text, private?}``: a human answers inside Chatwoot."""
        only(body, "conversation_id", "text", "private")
        conversation = self._known(take(body, "conversation_id", int))
        message = self._account.state.add_message(
            conversation,
            SENT,
            take(body, "text", str),
            private=take(body, "private", bool, default=False),
            sender=dict(AGENT),
        )
        return self._message_event("message_created", conversation, message)

    def set_status(self, body: Mapping[str, Any]) -> Posting:
        """``{conversation_id, status}``: an agent changes it."""
        only(body, "conversation_id", "status")
        status = take(body, "status", str)
        if status not in STATUSES:
            raise StandinError(f"status must be one of {', '.join(STATUSES)}")
        posting = self.change_status(self._known(take(body, "conversation_id", int)), status)
        if posting is None:
            raise StandinError("the account has no webhook_url")
        return posting

    def set_conversation(self, body: Mapping[str, Any]) -> JsonObject:
        """``{conversation_id, can_reply?, gone?}``: close its channel's window, or delete it."""
        only(body, "conversation_id", "can_reply", "gone")
        conversation = self._known(take(body, "conversation_id", int))
        conversation.can_reply = take(body, "can_reply", bool, default=conversation.can_reply)
        if take(body, "gone", bool, default=False):
            del self._account.state.conversations[conversation.id]
        return {"conversation_id": conversation.id, "can_reply": conversation.can_reply}

    def payload(self, body: Mapping[str, Any]) -> Posting:
        """``{payload}``: any event, known or not."""
        only(body, "payload")
        payload = take(body, "payload", dict)
        return self._post(payload, str(payload.get("event", "")), "")

    def change_status(self, conversation: Conversation, status: str) -> Posting | None:
        """Change it and tell; None where there is no webhook."""
        before, conversation.status = conversation.status, status
        if self._account.settings.webhook_url is None:
            return None
        changed = [{"status": {"previous_value": before, "current_value": status}}]
        kind = "conversation_status_changed"
        shown = self.conversation_json(conversation)
        event = {**shown, "event": kind, "changed_attributes": changed}
        return self._post(event, kind, str(conversation.id))

    def announce(self, conversation: Conversation) -> None:
        """Tell of a new conversation."""
        if self._account.settings.webhook_url is not None:
            event = {**self.conversation_json(conversation), "event": "conversation_created"}
            self._post(event, "conversation_created", str(conversation.id))

    def echo(self, conversation: Conversation, message: JsonObject, event: str = "message_created") -> None:
        """Tell of a message that came over the API, as Chatwoot does of every one."""
        if self._account.settings.webhook_url is not None:
            self._message_event(event, conversation, message)

    def conversation_json(self, conversation: Conversation) -> JsonObject:
        """Return it as webhooks and REST show it."""
        contact = conversation.contact
        return {
            "id": conversation.id,
            "inbox_id": conversation.inbox_id,
            "status": conversation.status,
            "channel": self._account.settings.channel,
            "can_reply": conversation.can_reply,
            "contact_inbox": {
                "id": contact.id + 1,
                "contact_id": contact.id,
                "inbox_id": conversation.inbox_id,
                "source_id": contact.sources.get(conversation.inbox_id),
            },
            "messages": conversation.messages[-1:],
            "labels": [],
            "meta": {
                "sender": {**contact.as_json(), "type": "contact"},
                "assignee": conversation.assignee,
                "team": None,
                "hmac_verified": False,
            },
            "account": self._account_json(),
            "unread_count": 0,
            "custom_attributes": {},
            "additional_attributes": {},
            "timestamp": int(time.time()),
            "updated_at": round(time.time(), 2),
        }

    def _account_json(self) -> JsonObject:
        return {"id": int(self._account.id), "name": self._account.settings.name}

    def _known(self, display_id: int) -> Conversation:
        conversation = self._account.state.conversations.get(display_id)
        if conversation is None:
            raise UnknownError(f"there is no conversation {display_id}")
        return conversation

    def _message_event(self, event: str, conversation: Conversation, message: JsonObject) -> Posting:
        created = datetime.fromtimestamp(message["created_at"], UTC).isoformat(timespec="milliseconds")
        # A webhook tells no delivery status at the top, and types and times in another form than REST.
        top = {name: value for name, value in message.items() if name not in {"status", "account_id"}}
        payload = {
            **top,
            "event": event,
            "message_type": _KINDS.get(message["message_type"], "activity"),
            "created_at": created.replace("+00:00", "Z"),
            "account": self._account_json(),
            "inbox": {"id": conversation.inbox_id, "name": "Site"},
            "conversation": self.conversation_json(conversation),
        }
        return self._post(payload, event, str(conversation.id), message_id=message["id"])

    def _post(self, payload: JsonObject, event: str, key: str, message_id: int | None = None) -> Posting:
        settings = self._account.settings
        if settings.webhook_url is None:
            raise StandinError("the account has no webhook_url")
        body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
        facts = {"message_id": message_id, "conversation_id": int(key) if key else None}
        postings = [
            self._account.sender.submit(
                settings.webhook_url, body, _signing(settings.secret), kind=event, key=key, facts=facts
            )
            for _ in settings.hooks or ("account",)
        ]
        return postings[0]


def _signing(secret: str | None) -> Callable[[bytes], Mapping[str, str]]:
    """The headers of one delivery: the same UUID however often it is tried."""
    delivery = str(uuid.uuid4())

    def headers(raw: bytes) -> Mapping[str, str]:
        if secret is None:
            return {}
        moment = str(int(time.time()))
        digest = hmac.new(secret.encode(), moment.encode() + b"." + raw, hashlib.sha256).hexdigest()
        return {
            "X-Chatwoot-Signature": f"sha256={digest}",
            "X-Chatwoot-Timestamp": moment,
            "X-Chatwoot-Delivery": delivery,
        }

    return headers
