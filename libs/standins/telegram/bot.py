"""One bot of the stand-in: what it may call, what it called, who talks to it, what goes wrong."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from libs.standins.bodies import Params, UploadedFile
from libs.standins.faults import FaultBook
from libs.standins.journal import DEFAULT_KEEP, Journal
from libs.standins.telegram import methods_media, methods_other, methods_text
from libs.standins.telegram.errors import ApiError, not_found
from libs.standins.telegram.fault_kinds import telegram_rule
from libs.standins.telegram.outcome import Outcome
from libs.standins.telegram.people import People
from libs.standins.telegram.sender import UpdateSender
from libs.standins.telegram.state import BotState, JsonObject
from libs.standins.wire import Answer

MEDIA_METHODS = {
    "sendphoto": "photo",
    "senddocument": "document",
    "sendaudio": "audio",
    "sendvoice": "voice",
    "sendvideo": "video",
    "sendsticker": "sticker",
}
_NOT_IN_ACKS = frozenset({"setwebhook", "deletewebhook", "close", "logout"})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message (or its edited version) that Telegram accepted from the bot and people now see."""

    seq: int
    key: str
    method: str
    chat_id: int
    message_id: int
    thread_id: int | None
    text: str | None
    monotonic: float
    wall: float
    request: Params
    message: JsonObject

    def as_json(self) -> JsonObject:
        """Return it as the control API shows it; times are ``time.monotonic()`` and Unix seconds."""
        return {
            "seq": self.seq,
            "method": self.method,
            "chat_id": self.chat_id,
            "message_id": self.message_id,
            "thread_id": self.thread_id,
            "text": self.text,
            "monotonic": self.monotonic,
            "wall": self.wall,
            "request": printable(self.request),
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class ApiAttempt:
    """A call of the Bot API. ``lost``: a fault kept it from taking effect and from being answered."""

    seq: int
    key: str
    method: str
    outcome: Literal["accepted", "refused", "lost"]
    status: int | None
    description: str
    fault: str | None
    monotonic: float = field(default_factory=time.monotonic)
    wall: float = field(default_factory=time.time)
    request: Params = field(default_factory=dict)

    def as_json(self) -> JsonObject:
        """Return it as the control API shows it."""
        return {
            "seq": self.seq,
            "method": self.method,
            "chat_id": self.key or None,
            "outcome": self.outcome,
            "status": self.status,
            "description": self.description,
            "fault": self.fault,
            "monotonic": self.monotonic,
            "wall": self.wall,
            "request": printable(self.request),
        }


def printable(params: Params) -> JsonObject:
    """Return parameters with uploads described instead of included."""
    return {
        name: value.as_json() if isinstance(value, UploadedFile) else value for name, value in params.items()
    }


def success(outcome: Outcome) -> Answer:
    """Write ``{"ok": true, "result": …}``."""
    body: JsonObject = {"ok": True, "result": outcome.result}
    if outcome.description:
        body["description"] = outcome.description
    return Answer(200, json.dumps(body, separators=(",", ":")).encode())


def refusal(error: ApiError) -> Answer:
    """Write Telegram's error body, with ``Retry-After`` where there is a pause to keep."""
    body: JsonObject = {"ok": False, "error_code": error.code, "description": error.description}
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if error.parameters:
        body["parameters"] = dict(error.parameters)
        if "retry_after" in error.parameters:
            headers = ((b"retry-after", str(error.parameters["retry_after"]).encode()),)
    return Answer(error.code, json.dumps(body, separators=(",", ":")).encode(), headers=headers)


class TelegramBot:
    """A registered bot. ``people`` act, ``messages`` is what they were sent, ``attempts`` every call made."""

    def __init__(
        self, token: str, user: JsonObject, *, speed_up: float, time_limit_s: float, keep: int = DEFAULT_KEEP
    ) -> None:
        self.state = BotState(token, user)
        self.sender = UpdateSender(
            speed_up=speed_up, time_limit_s=time_limit_s, on_method=self._on_ack_method
        )
        self.people = People(self.state, self.sender)
        self.faults = FaultBook()
        self.messages: Journal[SentMessage] = Journal(keep)
        self.attempts: Journal[ApiAttempt] = Journal(keep)
        self._methods = self._method_table()

    @property
    def id(self) -> int:
        """The bot's user id."""
        return self.state.id

    def add_fault(self, kind: str, **options: Any) -> int:
        """Put a fault rule in force (see the README's table) and return its id. FaultError."""
        return self.faults.add(telegram_rule({"kind": kind, **options})).rule_id

    def call(self, method: str, params: Params, *, fault: str | None = None) -> Answer:
        """Carry out a Bot API call and record it; ``fault`` names what hides its outcome from the caller."""
        run = self._methods.get(method.lower())
        try:
            if run is None:
                raise not_found("method not found")
            outcome = run(params)
        except ApiError as error:
            self.note(method, params, "refused", error.code, error.description, fault)
            return refusal(error)
        for message in outcome.shown:
            self._show(method, params, message)
        self.note(method, params, "accepted", 200, "", fault)
        return success(outcome)

    def note(
        self,
        method: str,
        params: Params,
        outcome: Literal["accepted", "refused", "lost"],
        status: int | None,
        description: str,
        fault: str | None,
    ) -> None:
        """Record an attempt."""
        self.attempts.add(
            ApiAttempt(
                seq=self.attempts.next_seq,
                key=recipient(params) or "",
                method=method,
                outcome=outcome,
                status=status,
                description=description,
                fault=fault,
                request=params,
            )
        )

    async def wait_for_messages(
        self, chat_id: int | None = None, *, after: int = 0, seconds: float = 5.0
    ) -> list[SentMessage]:
        """Wait until the bot wrote (to this chat) something numbered above ``after``. Empty: it did not."""
        key = None if chat_id is None else str(chat_id)
        return await self.messages.wait_after(after, key=key, seconds=seconds)

    async def close(self) -> None:
        """Stop delivering updates and let everyone who waits go."""
        self.messages.close()
        self.attempts.close()
        await self.sender.close()

    def _show(self, method: str, params: Params, message: JsonObject) -> None:
        chat_id = message["chat"]["id"]
        self.messages.add(
            SentMessage(
                seq=self.messages.next_seq,
                key=str(chat_id),
                method=method,
                chat_id=chat_id,
                message_id=message["message_id"],
                thread_id=message.get("message_thread_id"),
                text=message.get("text", message.get("caption")),
                monotonic=time.monotonic(),
                wall=time.time(),
                request=params,
                message=message,
            )
        )

    def _method_table(self) -> Mapping[str, Callable[[Params], Outcome]]:
        state, sender = self.state, self.sender
        table: dict[str, Callable[[Params], Outcome]] = {
            "sendmessage": partial(methods_text.send_message, state),
            "editmessagetext": partial(methods_text.edit_message_text, state),
            "deletemessage": partial(methods_text.delete_message, state),
            "sendmediagroup": partial(methods_media.send_media_group, state),
            "getfile": partial(methods_media.get_file, state),
            "sendlocation": partial(methods_other.send_location, state),
            "sendcontact": partial(methods_other.send_contact, state),
            "sendchataction": partial(methods_other.send_chat_action, state),
            "answercallbackquery": partial(methods_other.answer_callback_query, state),
            "getme": partial(methods_other.get_me, state),
            "setwebhook": partial(methods_other.set_webhook, sender),
            "deletewebhook": partial(methods_other.delete_webhook, sender),
            "getwebhookinfo": lambda _: methods_other.get_webhook_info(sender),
        }
        for method, kind in MEDIA_METHODS.items():
            table[method] = partial(methods_media.send_media, kind, state)
        return table

    def _on_ack_method(self, call: JsonObject) -> None:
        method = str(call["method"])
        if method.lower() in _NOT_IN_ACKS or method.lower().startswith("get"):
            return
        _log.info("an ack of the webhook asked for %s", method)
        self.call(method, {name: value for name, value in call.items() if name != "method"})


def recipient(params: Params) -> str | None:
    """Return the chat a call is for, as fault rules and journals name it."""
    chat_id = params.get("chat_id")
    return None if chat_id is None else str(chat_id)
