"""One Chatwoot account of the stand-in: what its application API takes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from libs.standins.bodies import UploadedFile
from libs.standins.chatwoot import errors
from libs.standins.chatwoot.errors import not_found, refused, unprocessable
from libs.standins.chatwoot.people import People
from libs.standins.chatwoot.state import SENT, STATUSES, Contact, Conversation, State
from libs.standins.faults import Fault
from libs.standins.http_api import JsonObject, Operation, json_answer
from libs.standins.party import Party
from libs.standins.poster import PostResult
from libs.standins.webhooks import Posting
from libs.standins.wire import Answer

MAX_CONTENT = 150_000
MAX_FILES = 15
PAGE = 15
#: What an agent bot's token reaches.
BOT_OPERATIONS = frozenset(
    {
        "send_message",
        "toggle_status",
        "create_conversation",
        "assign",
        "show_conversation",
        "toggle_typing_status",
    }
)
_AGAIN_S = 3.0
_BOT_ATTEMPTS = 3


@dataclass(slots=True)
class Settings:
    """What the owner of the account set up."""

    token: str = field(repr=False)
    bot_token: str | None = field(default=None, repr=False)
    webhook_url: str | None = None
    #: Signs webhooks; without it the installation is an old one, which signs nothing.
    secret: str | None = field(default=None, repr=False)
    #: Which senders post to the webhook: ``account``, ``agent_bot`` or both.
    hooks: tuple[str, ...] = ("account",)
    inbox_id: int = 12
    channel: str = "Channel::Api"
    name: str = "Kettle Co"
    lock_to_single: bool = False
    #: Status of a conversation that somebody begins.
    first_status: str = "pending"


class ChatwootAccount(Party):
    """A registered account."""

    fault_kinds = errors.FAULT_KINDS

    def __init__(
        self, account_id: str, settings: Settings, *, speed_up: float, time_limit_s: float, keep: int
    ) -> None:
        super().__init__(account_id, self._react, speed_up=speed_up, time_limit_s=time_limit_s, keep=keep)
        self.settings = settings
        self.state = State(int(account_id))
        self.people = People(self)

    def _react(self, result: PostResult, attempts: int) -> bool | float:
        """Account webhooks are posted once; an agent bot's three times, after 429 and 500 alone."""
        if result.accepted:
            return True
        again = "agent_bot" in self.settings.hooks and result.status in {429, 500}
        return _AGAIN_S if again and attempts < _BOT_ATTEMPTS else False

    def as_json(self) -> JsonObject:
        """Return its settings, without secrets."""
        settings = self.settings
        return {
            "webhook_url": settings.webhook_url,
            "hooks": list(settings.hooks),
            "signed": settings.secret is not None,
            "inbox_id": settings.inbox_id,
            "channel": settings.channel,
            "lock_to_single": settings.lock_to_single,
            "contacts": len(self.state.contacts),
            "conversations": len(self.state.conversations),
        }

    def wrong_answer(self, fault: Fault) -> Answer | None:
        """Return what a fault answers in place of the call."""
        return errors.wrong_answer(fault)

    def actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], Posting | JsonObject]]:
        """Return what people can do."""
        return self.people.actions()

    def run(self, operation: Operation, fault: Fault | None) -> Answer:
        """Carry a call out. RefusedError."""
        given = operation.arguments
        run: Callable[..., JsonObject] = getattr(self, f"_{operation.name}")
        if operation.name == "send_message":
            return json_answer(200, run(given["params"], given["id"], fault, given["is_bot"]))
        return json_answer(200, run(given["params"], given["id"]))

    def _conversation(self, display_id: int) -> Conversation:
        try:
            return self.state.conversations[display_id]
        except KeyError:
            raise not_found() from None

    def _send_message(
        self, params: JsonObject, display_id: int, fault: Fault | None, is_bot: bool
    ) -> JsonObject:
        conversation = self._conversation(display_id)
        uploads = params.get("attachments[]") or []
        if not isinstance(uploads, list) or not all(isinstance(one, UploadedFile) for one in uploads):
            raise unprocessable("Attachments is invalid")
        if len(uploads) > MAX_FILES:
            raise unprocessable(f"Attachments: {MAX_FILES} at most")
        content = params.get("content")
        if content is not None and not isinstance(content, str):
            raise unprocessable("Content is invalid")
        if not content and not uploads:
            raise unprocessable("Content can't be blank")
        if content and len(content) > MAX_CONTENT:
            raise unprocessable(f"Content is too long (maximum is {MAX_CONTENT} characters)")
        kind = params.get("message_type", "outgoing")
        if kind == "incoming" and self.settings.channel != "Channel::Api":
            raise refused(403, {"error": "Incoming messages are only allowed in Api inboxes"}, "incoming")
        sender = {"id": 2, "name": "Helper", "type": "agent_bot" if is_bot else "user"}
        shown = [{"file_name": one.file_name, "file_size": len(one.content)} for one in uploads]
        message = self.state.add_message(
            conversation,
            SENT,
            content,
            private=str(params.get("private", False)).lower() == "true",
            content_attributes=_attributes(params.get("content_attributes")),
            sender=sender,
            **({"attachments": shown} if shown else {}),
            **({"echo_id": params["echo_id"]} if "echo_id" in params else {}),
        )
        request = {
            name: one.as_json() if isinstance(one, UploadedFile) else one for name, one in params.items()
        }
        if shown:
            request["attachments[]"] = shown
        self.show(str(display_id), str(message["id"]), "message", content, request)
        self.people.echo(conversation, message)
        if not conversation.can_reply or (fault is not None and fault.kind == "failed_later"):
            message["status"] = "failed"
            self.people.echo(conversation, message, event="message_updated")
        return message

    def _toggle_status(self, params: JsonObject, display_id: int) -> JsonObject:
        conversation = self._conversation(display_id)
        status = params.get("status", "resolved" if conversation.status == "open" else "open")
        if status not in STATUSES:
            raise unprocessable("Status is not included in the list")
        self.people.change_status(conversation, status)
        return {"payload": {"success": True, "conversation_id": display_id, "current_status": status}}

    def _toggle_typing_status(self, params: JsonObject, display_id: int) -> JsonObject:
        self._conversation(display_id)
        if params.get("typing_status") not in {"on", "off"}:
            raise unprocessable("typing_status must be on or off")
        return {}

    def _assign(self, params: JsonObject, display_id: int) -> JsonObject:
        conversation = self._conversation(display_id)
        if not params.get("assignee_id") and not params.get("team_id"):
            raise unprocessable("assignee_id or team_id is needed")
        conversation.assignee = {"id": params.get("assignee_id"), "name": "Ana", "type": "user"}
        return dict(conversation.assignee)

    def _show_conversation(self, params: JsonObject, display_id: int) -> JsonObject:  # noqa: ARG002
        return self.people.conversation_json(self._conversation(display_id))

    def _list_messages(self, params: JsonObject, display_id: int) -> JsonObject:  # noqa: ARG002
        conversation = self._conversation(display_id)
        return {"meta": {"contact": conversation.contact.as_json()}, "payload": conversation.messages[-20:]}

    def _search_contacts(self, params: JsonObject, page: int) -> JsonObject:
        query = str(params.get("q") or "").lower()
        if not query:
            raise unprocessable("Specify search string with parameter q")
        found = [one for one in self.state.contacts.values() if _matches(one, query)]
        shown = found[(page - 1) * PAGE : page * PAGE]
        payload = [{**one.as_json(), "contact_inboxes": _links(one)} for one in shown]
        return {"meta": {"count": len(found), "current_page": page}, "payload": payload}

    def _create_contact(self, params: JsonObject, page: int) -> JsonObject:  # noqa: ARG002
        fields = {name: params.get(name) or None for name in ("email", "phone_number", "identifier")}
        phone = fields["phone_number"]
        if phone is not None and not (phone.startswith("+") and phone[1:].isdigit()):
            raise unprocessable("Phone number should be in e164 format")
        for name, value in fields.items():
            if value and any(getattr(one, name) == value for one in self.state.contacts.values()):
                taken = {"message": f"{name} has already been taken", "attributes": [name]}
                raise refused(422, taken, "taken")
        contact = self.state.add_contact(name=str(params.get("name") or ""), **fields)
        payload: JsonObject = {"contact": {**contact.as_json(), "contact_inboxes": []}}
        if params.get("inbox_id"):
            self._know_inbox(params)
            self.state.link(contact, int(params["inbox_id"]), params.get("source_id"))
            payload["contact_inbox"] = _links(contact)[0]
        return {"payload": payload}

    def _link_contact(self, params: JsonObject, contact_id: int) -> JsonObject:
        contact = self.state.contacts.get(contact_id)
        if contact is None:
            raise not_found()
        self._know_inbox(params)
        self.state.link(contact, int(params["inbox_id"]), params.get("source_id"))
        return _links(contact)[-1]

    def _create_conversation(self, params: JsonObject, page: int) -> JsonObject:  # noqa: ARG002
        self._know_inbox(params)
        inbox_id, source = int(params["inbox_id"]), params.get("source_id")
        contact = next(
            (
                one
                for one in self.state.contacts.values()
                if (source and one.sources.get(inbox_id) == source) or one.id == params.get("contact_id")
            ),
            None,
        )
        if contact is None:
            raise not_found()
        before = [one for one in self.state.conversations.values() if one.contact is contact]
        if self.settings.lock_to_single and before:
            conversation = before[-1]
        else:
            status = str(params.get("status") or "open")
            conversation = self.state.add_conversation(contact, inbox_id, status)
            self.people.announce(conversation)
        message = params.get("message")
        if isinstance(message, dict) and message.get("content"):
            self._send_message(message, conversation.id, None, False)
        return self.people.conversation_json(conversation)

    def _know_inbox(self, params: JsonObject) -> None:
        if str(params.get("inbox_id")) != str(self.settings.inbox_id):
            raise not_found()


def _attributes(given: Any) -> JsonObject:
    """As JSON an object, in a form its text."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise unprocessable("Content attributes is invalid") from None
    return given if isinstance(given, dict) else {}


def page_of(query: bytes) -> int:
    """Return which page a query asks for."""
    text = httpx.QueryParams(query.decode("latin-1")).get("page", "1")
    return max(1, int(text)) if str(text).isdigit() else 1


def _links(contact: Contact) -> list[JsonObject]:
    return [
        {"source_id": source, "inbox": {"id": inbox_id}, "inbox_id": inbox_id, "contact_id": contact.id}
        for inbox_id, source in contact.sources.items()
    ]


def _matches(contact: Contact, query: str) -> bool:
    # Whoever has none of the three is not found at all.
    known = [contact.email, contact.phone_number, contact.identifier]
    return any(known) and any(query in str(one).lower() for one in [contact.name, *known] if one)
