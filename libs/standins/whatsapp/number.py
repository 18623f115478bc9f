"""One WhatsApp number of the stand-in: what its API takes, and whom it may write to now."""

import hashlib
import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from libs.standins.bodies import BodyError, UploadedFile, parse_params
from libs.standins.faults import Fault
from libs.standins.http_api import ApiRequest, JsonObject, Operation, json_answer
from libs.standins.party import Party
from libs.standins.poster import PostResult
from libs.standins.webhooks import Posting, by_schedule
from libs.standins.whatsapp import errors
from libs.standins.whatsapp.checks import MEDIA, check_message, max_bytes_of
from libs.standins.whatsapp.errors import WINDOW_CLOSED, refused
from libs.standins.whatsapp.people import People
from libs.standins.wire import Answer

WINDOW_S = 24 * 3_600.0
#: Pauses of redelivery up to about seven days: doubling from a few seconds on.
PAUSES_S = tuple(min(5.0 * 2**step, 6 * 3_600.0) for step in range(40))
MAX_MEDIA = 10_000

_numbers = itertools.count(1)


def react(result: PostResult, attempts: int) -> bool | float:
    """Meta takes 200 alone for an ack."""
    return by_schedule(PAUSES_S, attempts, acked=result.status == 200)


@dataclass(slots=True)
class Settings:
    """What the owner of the number set up at Meta."""

    token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str | None = field(default=None, repr=False)
    webhook_url: str | None = None
    display_phone_number: str = "4930555010"
    account_id: str = "88001"
    #: Statuses that follow a message by themselves.
    receipts: tuple[str, ...] = ("sent", "delivered")
    #: Template name to its languages and its number of body parameters.
    templates: dict[str, JsonObject] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Media:
    """A file that was uploaded or came with a message."""

    mime_type: str
    content: bytes = field(repr=False)


class WhatsAppNumber(Party):
    """A registered number. ``opened`` is when each person last wrote (``time.time()``)."""

    fault_kinds = errors.FAULT_KINDS

    def __init__(
        self, number_id: str, settings: Settings, *, speed_up: float, time_limit_s: float, keep: int
    ) -> None:
        super().__init__(number_id, react, speed_up=speed_up, time_limit_s=time_limit_s, keep=keep)
        self.settings = settings
        self.opened: dict[str, float] = {}
        self.media: dict[str, Media] = {}
        self.people = People(self)

    def as_json(self) -> JsonObject:
        """Return its settings, without secrets."""
        return {
            "webhook_url": self.settings.webhook_url,
            "display_phone_number": self.settings.display_phone_number,
            "account_id": self.settings.account_id,
            "receipts": list(self.settings.receipts),
            "templates": self.settings.templates,
        }

    def read_fault(self, body: Mapping[str, Any]) -> Fault:
        """Read one fault from JSON. FaultError."""
        return errors.check(super().read_fault(body))

    def wrong_answer(self, fault: Fault) -> Answer | None:
        """Return what a fault answers in place of the call."""
        return errors.wrong_answer(fault)

    def actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], Posting | JsonObject]]:
        """Return what people can do."""
        return self.people.actions()

    def keep_media(self, mime_type: str, content: bytes) -> str:
        """Keep a file; return its media id."""
        if len(self.media) >= MAX_MEDIA:
            del self.media[next(iter(self.media))]
        media_id = str(600_000 + next(_numbers))
        self.media[media_id] = Media(mime_type, content)
        return media_id

    def may_write_freely(self, recipient: str) -> bool:
        """Whether the person wrote within 24 hours."""
        return time.time() - self.opened.get(recipient, 0.0) < WINDOW_S

    def run(self, operation: Operation, fault: Fault | None) -> Answer:
        """Carry a call out. RefusedError."""
        match operation.name:
            case "messages":
                return self._send(operation, fault)
            case "mark_read":
                if not operation.request.get("message_id"):
                    raise refused(100, "The parameter message_id is required.")
                return json_answer(200, {"success": True})
            case "upload":
                return self._upload(operation.arguments["request"])
            case "media":
                return json_answer(200, self._described(**operation.arguments))
            case "download":
                media = self.media[operation.arguments["media_id"]]
                return Answer(200, media.content, media.mime_type.encode("latin-1"))
            case _:
                return json_answer(200, self._own(operation.request.get("fields", "")))

    def _own(self, fields: str) -> JsonObject:
        shown = {
            "id": self.id,
            "display_phone_number": self.settings.display_phone_number,
            "verified_name": "Stand-in",
            "quality_rating": "GREEN",
        }
        wanted = {*filter(None, fields.split(",")), "id"}
        return {name: value for name, value in shown.items() if not fields or name in wanted}

    def _send(self, operation: Operation, fault: Fault | None) -> Answer:
        body = operation.request
        kind, content = check_message(body)
        recipient = str(operation.recipient)
        if recipient.lstrip("+") == self.settings.display_phone_number:
            raise refused(131021)
        if kind == "template":
            self._check_template(content)
        elif body.get("recipient_type") != "group" and not self.may_write_freely(recipient):
            raise refused(WINDOW_CLOSED, "More than 24 hours have passed since the customer last replied")
        if kind in MEDIA and content.get("id") and content["id"] not in self.media:
            raise refused(131053, "There is no media with this id")
        message_id = f"wamid.OUT{next(_numbers)}"
        self.show(recipient, message_id, kind, _shown_text(kind, content), body)
        options = fault.options if fault else {}
        carried = {name: body[name] for name in ("biz_opaque_callback_data",) if name in body}
        if fault and fault.kind == "failed_later":
            failed = errors.error_object(int(options.get("code", 131026)))
            self.people.receipt(message_id, recipient, {"status": "failed", "errors": [failed], **carried})
        else:
            for status in self.settings.receipts:
                self.people.receipt(message_id, recipient, {"status": status, **carried})
        return json_answer(200, _accepted(body, recipient, message_id, fault))

    def _check_template(self, content: JsonObject) -> None:
        known = self.settings.templates.get(content["name"])
        if known is None or content["language"]["code"] not in known["languages"]:
            raise refused(132001, f"template {content['name']} is not there in this language")
        bodies = [part for part in content.get("components", []) if part.get("type") == "body"]
        given = len(bodies[0].get("parameters", [])) if bodies else 0
        if given != known["parameters"]:
            raise refused(132000, f"{known['parameters']} parameters expected, {given} given")

    def _upload(self, request: ApiRequest) -> Answer:
        try:
            params = parse_params(b"", request.headers.get("content-type", ""), request.body)
        except BodyError as error:
            raise refused(100, str(error)) from None
        file = params.get("file")
        if params.get("messaging_product") != "whatsapp" or not isinstance(file, UploadedFile):
            raise refused(100, "messaging_product and file are required")
        mime_type = str(params.get("type") or file.mime_type)
        if len(file.content) > max_bytes_of(mime_type):
            raise refused(131053, "The file is too large")
        return json_answer(200, {"id": self.keep_media(mime_type, file.content)})

    def _described(self, *, media_id: str, base_url: str) -> JsonObject:
        media = self.media[media_id]
        return {
            "messaging_product": "whatsapp",
            "id": media_id,
            "url": f"{base_url}/media/{media_id}",
            "mime_type": media.mime_type,
            "sha256": hashlib.sha256(media.content).hexdigest(),
            "file_size": len(media.content),
        }


def _shown_text(kind: str, content: JsonObject) -> str | None:
    match kind:
        case "text":
            return str(content["body"])
        case "interactive":
            return str(content["body"]["text"])
        case "template":
            return str(content["name"])
        case _:
            return content.get("caption")


def _accepted(body: JsonObject, recipient: str, message_id: str, fault: Fault | None) -> JsonObject:
    kind = fault.kind if fault else ""
    contact: JsonObject = {"input": recipient}
    if kind == "other_wa_id" and fault:
        contact["wa_id"] = str(fault.options.get("wa_id", "5511910000001"))
    elif "to" in body:
        contact["wa_id"] = recipient.lstrip("+")
    else:
        contact["user_id"] = recipient
    accepted: JsonObject = {"messaging_product": "whatsapp", "contacts": [contact]}
    return accepted if kind == "no_messages" else {**accepted, "messages": [{"id": message_id}]}
