"""The Bot API over HTTP: ``/bot{token}/{method}`` and ``/file/bot{token}/{path}``, as plain ASGI.

No routing, no request objects: this path carries benchmarks of a thousand messages a second and more.
"""

import asyncio
import json
import re
from collections.abc import Callable

from starlette.types import Receive, Scope, Send

from libs.standins.bodies import BodyError, Params, parse_params
from libs.standins.errors import FaultError
from libs.standins.faults import UNHARMED, Fault, Verdict
from libs.standins.journal import Journal
from libs.standins.telegram.bot import ApiAttempt, TelegramBot, recipient, refusal
from libs.standins.telegram.errors import ApiError, bad_request, not_found, unauthorized
from libs.standins.telegram.fault_kinds import (
    BAD_GATEWAY,
    DEFAULT_HANG_S,
    DEFAULT_SLOW_BODY_S,
    api_error,
    telegram_fault,
)
from libs.standins.telegram.methods_media import MAX_UPLOAD_BYTES
from libs.standins.wire import (
    Answer,
    BodyTooLargeError,
    ClientGoneError,
    pause,
    read_body,
    reset,
    send_answer,
    trickle_answer,
)

TOKEN = re.compile(r"[1-9][0-9]{2,15}:[A-Za-z0-9_-]{20,64}")
FAULT_HEADER = b"x-standin-fault"
MAX_REQUEST_BYTES = MAX_UPLOAD_BYTES + 2 * 1_048_576

_TOO_LARGE = ApiError(413, "Request Entity Too Large")


class BotApi:
    """The ASGI application behind ``/bot`` and ``/file/bot``."""

    def __init__(self, find: Callable[[str], TelegramBot | None], closing: asyncio.Event) -> None:
        """``find`` gives the bot of a token; ``closing`` ends every deliberate delay."""
        self.strangers: Journal[ApiAttempt] = Journal(10_000)
        self._find = find
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            body = await read_body(receive, MAX_REQUEST_BYTES)
        except ClientGoneError:
            return
        except BodyTooLargeError:
            answer = refusal(_TOO_LARGE)
            await send_answer(send, Answer(413, answer.body, headers=((b"connection", b"close"),)))
            return
        path: str = scope["path"]
        try:
            if path.startswith("/file/"):
                await send_answer(send, self._file(path.removeprefix("/file")))
                return
            bot, method = self._address(path)
        except ApiError as error:
            self._note_stranger(error)
            await send_answer(send, refusal(error))
            return
        content_type, fault_text = _headers(scope)
        try:
            params = parse_params(scope["query_string"], content_type, body)
            verdict = _verdict(bot, method, params, fault_text)
        except (BodyError, FaultError) as error:
            refused = bad_request(str(error))
            bot.note(method, {}, "refused", refused.code, refused.description, None)
            await send_answer(send, refusal(refused))
            return
        if verdict is UNHARMED:
            await send_answer(send, bot.call(method, params))
        else:
            await self._harm(scope, receive, send, bot, method, params, verdict)

    def _address(self, path: str) -> tuple[TelegramBot, str]:
        """Take ``/bot{token}/{method}`` apart. ApiError 404 for a malformed token, 401 for an unknown one."""
        token, separator, method = path.removeprefix("/bot").partition("/")
        if not TOKEN.fullmatch(token) or not separator:
            raise not_found()
        bot = self._find(token)
        if bot is None:
            raise unauthorized()
        # Telegram's test environment has the same methods one level deeper.
        return bot, method.removeprefix("test/")

    def _file(self, path: str) -> Answer:
        bot, file_path = self._address(path)
        stored = bot.state.files.at(file_path)
        if stored is None:
            return refusal(not_found())
        return Answer(200, stored.content, b"application/octet-stream")

    def _note_stranger(self, error: ApiError) -> None:
        # Neither token nor path: a real token may have come here by mistake.
        self.strangers.add(
            ApiAttempt(self.strangers.next_seq, "", "", "refused", error.code, error.description, None)
        )

    async def _harm(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        bot: TelegramBot,
        method: str,
        params: Params,
        verdict: Verdict,
    ) -> None:
        if verdict.latency_s:
            await pause(receive, verdict.latency_s, self._closing)
        fault = verdict.fault
        if fault is None:
            await send_answer(send, bot.call(method, params))
            return
        if fault.kind == "slow_body":
            answer = bot.call(method, params, fault=fault.kind)
            await trickle_answer(receive, send, answer, fault.seconds(DEFAULT_SLOW_BODY_S), self._closing)
            return
        if fault.accepted:
            bot.call(method, params, fault=fault.kind)
        if fault.kind in {"hang", "reset"}:
            if not fault.accepted:
                bot.note(method, params, "lost", None, "", fault.kind)
            if fault.kind == "hang":
                await pause(receive, fault.seconds(DEFAULT_HANG_S), self._closing)
            await reset(scope, receive)
            return
        await send_answer(send, _wrong_answer(bot, method, params, fault))


def _wrong_answer(bot: TelegramBot, method: str, params: Params, fault: Fault) -> Answer:
    if fault.kind == "bad_gateway":
        answer, description = BAD_GATEWAY, "502 Bad Gateway"
    else:
        error = api_error(fault)
        answer, description = refusal(error), error.description
    if not fault.accepted:
        bot.note(method, params, "refused", answer.status, description, fault.kind)
    return answer


def _headers(scope: Scope) -> tuple[str, bytes]:
    content_type, fault = "", b""
    for name, value in scope["headers"]:
        if name == b"content-type":
            content_type = value.decode("latin-1")
        elif name == FAULT_HEADER:
            fault = value
    return content_type, fault


def _verdict(bot: TelegramBot, method: str, params: Params, fault_text: bytes) -> Verdict:
    """Decide by the rules in force, or by the request's own fault header. Raises FaultError."""
    verdict = bot.faults.pick(method, recipient(params))
    if not fault_text:
        return verdict
    try:
        given = json.loads(fault_text)
    except ValueError as error:
        raise FaultError("X-Standin-Fault is not JSON") from error
    if not isinstance(given, dict):
        raise FaultError("X-Standin-Fault must be a JSON object")
    fault = telegram_fault(given)
    if fault.kind == "latency":
        return Verdict(verdict.latency_s + fault.seconds(1.0), verdict.fault)
    return Verdict(verdict.latency_s, fault)
