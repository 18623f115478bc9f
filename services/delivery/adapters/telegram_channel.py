"""Telegram: sends texts and files, and sets the webhook of a bot.

Source: Bot API 10, "sendMessage", "sendPhoto", "setWebhook".
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from opentelemetry.trace import SpanKind

from libs.contracts.conversation import Attachment
from libs.contracts.vocabulary import MessageKind
from libs.runtime.logs import get_logger
from libs.runtime.telemetry import span
from services.delivery.adapters.files import Files, name_of, type_of
from services.delivery.adapters.http_caller import Failure
from services.delivery.adapters.telegram_api import Answer, TelegramApi
from services.delivery.adapters.telegram_errors import meaning, moved_to
from services.delivery.domain.connection import Connection
from services.delivery.domain.outcomes import NotTried, Outcome, Refused, Retry, Sent
from services.delivery.domain.parts import Part, parts_of
from services.delivery.domain.reply import Reply
from services.delivery.use_cases.ports import Progress

#: UTF-16 code units a message may have.
TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
#: Bytes of a picture, and of any other file.
PHOTO_LIMIT = 10_000_000
FILE_LIMIT = 50_000_000
#: What the gateway can read. Reactions come only to those who ask for them.
ALLOWED_UPDATES = (
    "message",
    "edited_message",
    "callback_query",
    "message_reaction",
    "my_chat_member",
)

#: The parameter that a file stands in, and the method that has it.
_METHODS = {
    "photo": "sendPhoto",
    "video": "sendVideo",
    "audio": "sendAudio",
    "voice": "sendVoice",
    "sticker": "sendSticker",
    "document": "sendDocument",
}
_FIELDS = {
    MessageKind.IMAGE: "photo",
    MessageKind.VIDEO: "video",
    MessageKind.AUDIO: "audio",
    MessageKind.VOICE: "voice",
    MessageKind.STICKER: "sticker",
}
_PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})

# Stricter than Telegram promises, so that no token can change the address it stands in.
_TOKEN = re.compile(r"(?P<bot_id>[0-9]{1,20}):[A-Za-z0-9_-]{1,128}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")

_log = get_logger("telegram")


@dataclass(frozen=True, slots=True)
class _Call:
    """One message with where it goes; the first part has what it answers, the last what its button says."""

    chat: str
    thread: str | None
    part: Part
    reply_to: int | None
    button: str | None = None

    @property
    def method(self) -> str:
        """The method that sends it."""
        return _METHODS[_field_of(self.part.attachment)] if self.part.attachment else "sendMessage"

    def parameters(self) -> dict[str, Any]:
        values: dict[str, Any] = {"chat_id": _number(self.chat)}
        if self.part.text:
            values["caption" if self.part.attachment else "text"] = self.part.text
        if self.thread:
            values["message_thread_id"] = _number(self.thread)
        if self.reply_to is not None:
            values["reply_parameters"] = {
                "message_id": self.reply_to,
                "allow_sending_without_reply": True,
            }
        if self.button:
            pressed = {"text": self.button, "callback_data": self.button}
            values["reply_markup"] = {"inline_keyboard": [[pressed]]}
        return values


class TelegramChannel:
    """The port Channel for Telegram. `default_base` is used where a connection's settings name no
    `api_base_url`.
    """

    def __init__(self, api: TelegramApi, files: Files, *, default_base: str) -> None:
        self._api = api
        self._files = files
        self._default_base = default_base

    async def send(self, reply: Reply, connection: Connection, progress: Progress) -> Outcome:
        """Send the parts that have not gone yet, one after the other."""
        parts = parts_of(reply.content, reply.attachments, text_limit=TEXT_LIMIT, caption_limit=CAPTION_LIMIT)
        if not parts:
            return Refused("empty_message", "there is nothing to send")
        chat, _, thread = reply.target.partition("/")
        sent, moved = reply.provider_ids, None
        with span("telegram sendMessage", kind=SpanKind.CLIENT, parent=reply.traceparent):
            for number in range(len(sent), len(parts)):
                reply_to = _message_id(reply.reply_to_external) if number == 0 else None
                button = reply.person_option if number + 1 == len(parts) else None
                call = _Call(chat, thread, parts[number], reply_to, button)
                outcome = await self._send_part(connection, call)
                if not isinstance(outcome, Sent):
                    return outcome
                sent += outcome.provider_ids or ("",)  # counted even without an id
                if outcome.moved_to:
                    moved, chat, thread = outcome.moved_to, outcome.moved_to, ""
                if number + 1 < len(parts):
                    await progress(sent)
        return Sent(tuple(one for one in sent if one), moved)

    async def _send_part(self, connection: Connection, call: _Call) -> Outcome:
        """Send one part; once more where Telegram says how it would have worked."""
        answer = await self._post(connection, call)
        if not isinstance(answer, Answer):
            return answer
        new_chat = moved_to(answer)
        if new_chat is not None:
            _log.warning("chat has moved", connection_id=connection.id)
            outcome = await self._outcome(connection, replace(call, chat=new_chat, thread=None))
            return replace(outcome, moved_to=new_chat) if isinstance(outcome, Sent) else outcome
        outcome = _outcome_of(answer)
        if isinstance(outcome, Refused) and outcome.code == "reply_target_gone" and call.reply_to:
            return await self._outcome(connection, replace(call, reply_to=None))
        return outcome

    async def _outcome(self, connection: Connection, call: _Call) -> Outcome:
        answer = await self._post(connection, call)
        return _outcome_of(answer) if isinstance(answer, Answer) else answer

    async def _post(self, connection: Connection, call: _Call) -> Answer | Failure | NotTried:
        """Post it: a file of ours as bytes, one that lies elsewhere by its address: Telegram fetches it."""
        attachment, parameters = call.part.attachment, call.parameters()
        if attachment is None:
            return await self._call(connection, call.method, parameters)
        field = _field_of(attachment)
        if attachment.file_id is None and attachment.reference.startswith("https://"):
            return await self._call(connection, call.method, {**parameters, field: attachment.reference})
        most = PHOTO_LIMIT if field == "photo" else FILE_LIMIT
        content = await self._files.load(connection.account_id, attachment, most_bytes=most)
        if not isinstance(content, bytes):
            return content
        file = (field, (name_of(attachment), content, type_of(attachment)))
        token = connection.credentials["token"]
        return await self._api.upload(self._base(connection), token, call.method, parameters, file)

    async def connect(self, connection: Connection) -> Mapping[str, Any] | Refused:
        """Ask who the bot is and set its webhook, where the settings give a `webhook_url`.

        Telegram keeps no more of it than the last call said, so a repeat is harmless.
        """
        webhook = connection.settings.get("webhook_url")
        if not isinstance(webhook, str) or not webhook:
            return {}
        me = await self._asked(connection, "getMe", {})
        if isinstance(me, Refused):
            return me
        parameters = {
            "url": webhook,
            "secret_token": connection.credentials["webhook_secret"],
            "allowed_updates": ALLOWED_UPDATES,
        }
        done = await self._asked(connection, "setWebhook", parameters)
        if isinstance(done, Refused):
            return done
        username = me.get("username")
        found = {"bot_id": str(me.get("id", ""))}
        return found | ({"bot_username": username} if isinstance(username, str) else {})

    async def _asked(
        self, connection: Connection, method: str, parameters: Mapping[str, Any]
    ) -> Mapping[str, Any] | Refused:
        """The result of a call that may be repeated, or why there is none."""
        answer = await self._call(connection, method, parameters)
        if isinstance(answer, Answer) and answer.result is not None:
            return answer.result
        outcome = meaning(answer) if isinstance(answer, Answer) else answer
        if isinstance(outcome, Refused):
            return outcome
        return Refused(outcome.code if isinstance(outcome, Retry) else "unreachable")

    def complete(self, credentials: Mapping[str, str], known: Mapping[str, str]) -> Mapping[str, str] | None:
        """Token and webhook secret. Without a secret the old one stays, or one is made: a webhook that
        nothing verifies must not exist.
        """
        token = credentials.get("token", "")
        secret = credentials.get("webhook_secret") or known.get("webhook_secret") or secrets.token_urlsafe(32)
        if not _TOKEN.fullmatch(token) or not _SECRET.fullmatch(secret):
            return None
        return {"token": token, "webhook_secret": secret}

    async def _call(
        self, connection: Connection, method: str, parameters: Mapping[str, Any]
    ) -> Answer | Failure:
        return await self._api.call(
            self._base(connection), connection.credentials["token"], method, parameters
        )

    def _base(self, connection: Connection) -> str:
        base = connection.settings.get("api_base_url")
        return base if isinstance(base, str) and base else self._default_base


def _field_of(attachment: Attachment) -> str:
    """A picture that is too large for one, or of another kind, is a document."""
    field = _FIELDS.get(attachment.kind, "document")
    too_large = (attachment.size or 0) > PHOTO_LIMIT
    unknown = attachment.content_type is not None and attachment.content_type not in _PHOTOS
    return "document" if field == "photo" and (too_large or unknown) else field


def _outcome_of(answer: Answer) -> Outcome:
    if answer.result is None:
        return meaning(answer)
    message_id = answer.result.get("message_id")
    return Sent((str(message_id),)) if message_id is not None else Sent(())


def _message_id(external: str | None) -> int | None:
    """The message id to answer, where the platform's id is one."""
    return int(external) if external is not None and external.isascii() and external.isdigit() else None


def _number(text: str) -> int | str:
    """Ids are numbers of up to 52 bits; a public channel has a name."""
    return int(text) if text.removeprefix("-").isdigit() else text
