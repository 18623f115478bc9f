"""WhatsApp: sends texts, files and templates. Source: Cloud API, "Messages", "Media" (Graph v24.0)."""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opentelemetry.trace import SpanKind

from libs.contracts.conversation import Attachment
from libs.contracts.vocabulary import MessageKind
from libs.runtime.telemetry import span
from services.delivery.adapters.files import Files, name_of, type_of
from services.delivery.adapters.http_caller import Failure, HttpAnswer, HttpCaller
from services.delivery.adapters.whatsapp_errors import WINDOW_CLOSED, meaning
from services.delivery.domain.connection import Connection
from services.delivery.domain.outcomes import NotTried, Outcome, Refused, Retry, Sent, Unclear
from services.delivery.domain.parts import Part, parts_of
from services.delivery.domain.reply import Reply
from services.delivery.use_cases.ports import Progress

TEXT_LIMIT = 4_096
CAPTION_LIMIT = 1_024
#: Bytes that Meta takes of each kind of file.
_FILE_LIMITS = {
    MessageKind.IMAGE: 5_000_000,
    MessageKind.VIDEO: 16_000_000,
    MessageKind.AUDIO: 16_000_000,
    MessageKind.VOICE: 16_000_000,
    MessageKind.STICKER: 500_000,
}
_DOCUMENT_LIMIT = 100_000_000
_TYPES = {
    MessageKind.IMAGE: "image",
    MessageKind.VIDEO: "video",
    MessageKind.AUDIO: "audio",
    MessageKind.VOICE: "audio",
    MessageKind.STICKER: "sticker",
}
#: What Meta takes as the kind it is; anything else goes as a document.
_SHOWN = {
    "image": frozenset({"image/jpeg", "image/png"}),
    "video": frozenset({"video/mp4", "video/3gp", "video/3gpp"}),
    "audio": frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}),
    "sticker": frozenset({"image/webp"}),
}

#: Characters that stand above buttons.
_BODY_WITH_BUTTON = 1_024
_VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]")
_ID = re.compile(r"[0-9]{1,32}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,1024}")
_NUMBER = re.compile(r"\+?[0-9]{5,20}")
_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,140}")


@dataclass(frozen=True, slots=True)
class WhatsAppChannel:
    """The port Channel for WhatsApp. Settings it reads: `phone_number_id`, `version`, `api_base_url`."""

    caller: HttpCaller
    files: Files
    now: Callable[[], datetime]
    default_base: str
    default_version: str = "v24.0"

    async def send(self, reply: Reply, connection: Connection, progress: Progress) -> Outcome:
        """Send the parts that have not gone yet, one after the other."""
        if reply.template is None and self._window_is_over(reply):
            return Refused(
                WINDOW_CLOSED, "more than 24 hours since the contact wrote: only a template may go"
            )
        parts = parts_of(reply.content, reply.attachments, text_limit=TEXT_LIMIT, caption_limit=CAPTION_LIMIT)
        if reply.template is not None:
            parts = (Part(),)
        if not parts:
            return Refused("empty_message", "there is nothing to send")
        sent = reply.provider_ids
        with span("whatsapp messages", kind=SpanKind.CLIENT, parent=reply.traceparent):
            for number in range(len(sent), len(parts)):
                outcome = await self._send_part(reply, connection, parts[number], first=number == 0)
                if not isinstance(outcome, Sent):
                    return outcome
                sent += outcome.provider_ids
                if number + 1 < len(parts):
                    await progress(sent)
        return Sent(sent)

    def _window_is_over(self, reply: Reply) -> bool:
        return reply.can_reply_until is not None and reply.can_reply_until <= self.now()

    async def _send_part(self, reply: Reply, connection: Connection, part: Part, *, first: bool) -> Outcome:
        content = await self._content(reply, connection, part)
        if not isinstance(content, dict):
            return content
        body = {
            "messaging_product": "whatsapp",
            **_recipient(reply.target),
            **content,
            "biz_opaque_callback_data": reply.message_id,
        }
        if first and reply.reply_to_external:
            body["context"] = {"message_id": reply.reply_to_external}
        answer = await self.caller.post(
            self._address(connection, "messages"), body, headers=_bearer(connection)
        )
        if not isinstance(answer, HttpAnswer):
            return answer
        return _outcome_of(answer)

    async def _content(
        self, reply: Reply, connection: Connection, part: Part
    ) -> dict[str, Any] | Refused | NotTried | Failure:
        if reply.template is not None:
            return {"type": "template", "template": _template(reply)}
        if reply.person_option and _takes_button(reply, part):
            return {"type": "interactive", "interactive": _with_button(part.text, reply.person_option)}
        if part.attachment is None:
            return {"type": "text", "text": {"body": part.text, "preview_url": False}}
        kind = _type_of(part.attachment)
        media = await self._media(reply, connection, part.attachment, kind)
        if not isinstance(media, dict):
            return media
        if part.text:
            media["caption"] = part.text
        if kind == "document":
            media["filename"] = name_of(part.attachment)
        return {"type": kind, kind: media}

    async def _media(
        self, reply: Reply, connection: Connection, attachment: Attachment, kind: str
    ) -> dict[str, Any] | Refused | NotTried | Failure:
        """Upload the file, or name its address where it lies with somebody else."""
        if attachment.file_id is None and attachment.reference.startswith("https://"):
            return {"link": attachment.reference}
        most = _FILE_LIMITS.get(attachment.kind, _DOCUMENT_LIMIT) if kind != "document" else _DOCUMENT_LIMIT
        content = await self.files.load(reply.account_id, attachment, most_bytes=most)
        if not isinstance(content, bytes):
            return content
        answer = await self.caller.upload(
            self._address(connection, "media"),
            headers=_bearer(connection),
            data={"messaging_product": "whatsapp", "type": type_of(attachment)},
            files=[("file", (name_of(attachment), content, type_of(attachment)))],
        )
        if isinstance(answer, Unclear):
            return Retry("upload_lost")  # a file that nobody was shown: going again doubles nothing
        if not isinstance(answer, HttpAnswer):
            return answer
        media_id = answer.body.get("id") if answer.succeeded and answer.body else None
        if isinstance(media_id, str):
            return {"id": media_id}
        failed = meaning(answer)
        return Retry("upload_lost") if isinstance(failed, Unclear | Sent) else failed

    async def connect(self, connection: Connection) -> Mapping[str, Any] | Refused:
        """Ask for the number. The webhook is set up at Meta, as it belongs to the app and not to a number."""
        answer = await self.caller.get(
            self._address(connection),
            headers=_bearer(connection),
            params={"fields": "display_phone_number,verified_name"},
        )
        if isinstance(answer, HttpAnswer) and answer.succeeded and answer.body and "error" not in answer.body:
            number = answer.body.get("display_phone_number")
            return {"display_phone_number": number} if isinstance(number, str) else {}
        outcome = meaning(answer) if isinstance(answer, HttpAnswer) else answer
        if isinstance(outcome, Refused):
            return outcome
        return Refused(outcome.code if isinstance(outcome, Retry) else "unreachable")

    def complete(self, credentials: Mapping[str, str], known: Mapping[str, str]) -> Mapping[str, str] | None:
        """Access token and app secret, which verifies webhooks and cannot be made here; the verify token of
        the handshake is made where it is missing.
        """
        token = credentials.get("token", "")
        secret = (
            credentials.get("webhook_secret")
            or credentials.get("app_secret")
            or known.get("webhook_secret", "")
        )
        if not _TOKEN.fullmatch(token) or not _TOKEN.fullmatch(secret):
            return None
        verify = credentials.get("verify_token") or known.get("verify_token") or secrets.token_urlsafe(24)
        return {"token": token, "webhook_secret": secret, "verify_token": verify}

    def _address(self, connection: Connection, path: str = "") -> str:
        """Unusable settings give an address that no client takes, which ends as `misconfigured`."""
        settings = connection.settings
        base = settings.get("api_base_url")
        version, number = settings.get("version", self.default_version), settings.get("phone_number_id")
        if not (isinstance(version, str) and _VERSION.fullmatch(version)):
            return "misconfigured://version"
        if not (isinstance(number, str) and _ID.fullmatch(number)):
            return "misconfigured://phone_number_id"
        root = base if isinstance(base, str) and base else self.default_base
        return "/".join(filter(None, (root.rstrip("/"), version, number, path)))


def _bearer(connection: Connection) -> dict[str, str]:
    return {"Authorization": f"Bearer {connection.credentials['token']}"}


def _recipient(target: str) -> dict[str, str]:
    """A number, exactly as it was received; a business-scoped user id; anything else is a group."""
    if _NUMBER.fullmatch(target):
        return {"recipient_type": "individual", "to": target}
    if _USER_ID.fullmatch(target):
        return {"recipient_type": "individual", "recipient": target}
    return {"recipient_type": "group", "to": target}


def _template(reply: Reply) -> dict[str, Any]:
    template = reply.template
    assert template is not None  # noqa: S101 - asked before
    named: dict[str, Any] = {"name": template.name, "language": {"code": template.language}}
    if template.parameters:
        parameters = [{"type": "text", "text": text} for text in template.parameters]
        named["components"] = [{"type": "body", "parameters": parameters}]
    return named


def _takes_button(reply: Reply, part: Part) -> bool:
    """Short texts to one person do."""
    alone = _recipient(reply.target)["recipient_type"] == "individual"
    return alone and part.attachment is None and len(reply.content) <= _BODY_WITH_BUTTON


def _with_button(text: str, button: str) -> dict[str, Any]:
    pressed = {"type": "reply", "reply": {"id": button, "title": button}}
    return {"type": "button", "body": {"text": text}, "action": {"buttons": [pressed]}}


def _type_of(attachment: Attachment) -> str:
    kind = _TYPES.get(attachment.kind, "document")
    mime_type = (attachment.content_type or "").partition(";")[0].strip().lower()
    known = attachment.file_id is None or mime_type in _SHOWN.get(kind, frozenset())
    return kind if known else "document"


def _outcome_of(answer: HttpAnswer) -> Outcome:
    """Acceptance is a message's id, and nothing less."""
    if not answer.succeeded or not answer.body or "error" in answer.body:
        return meaning(answer)
    first = _first(answer.body.get("messages"))
    message_id = first.get("id")
    if not isinstance(message_id, str) or not message_id:
        return Unclear("WhatsApp answered without a message id")
    # `contacts[0].wa_id` may differ from the number that was written to. The contact is still answered at the
    # number they wrote from, which Meta always takes.
    return Sent((message_id,))


def _first(values: Any) -> Mapping[str, Any]:
    return values[0] if isinstance(values, list) and values and isinstance(values[0], dict) else {}
