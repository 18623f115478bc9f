"""The model stand-in: its API below ``/v1``, its control API, in this process or served on a port."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final, Self

from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from libs.standins.app import StandinApp
from libs.standins.faults import Fault, FaultBook, FaultRule, Verdict
from libs.standins.journal import DEFAULT_KEEP, Journal
from libs.standins.model import requests
from libs.standins.model.control import control_routes
from libs.standins.model.errors import ApiError, refusal
from libs.standins.model.fault_kinds import (
    BAD_GATEWAY,
    DEFAULT_HANG_S,
    DEFAULT_SLOW_BODY_S,
    as_answer,
    model_rule,
    odd_answer,
    refused,
)
from libs.standins.model.replies import JsonObject, Reply, ReplyRule, Responder, Voices
from libs.standins.model.streaming import stream
from libs.standins.server import serving
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

MAX_REQUEST_BYTES: Final = 16 * 1_048_576
MODELS: Final = ("reader-1", "echo-1", "embed-1")
_STREAM_FAULTS: Final = frozenset({"no_done", "cut_stream", "hang_stream", "error_chunk"})


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A request as it came: ``key`` is the model, ``status`` None where it was never answered."""

    seq: int
    key: str
    path: str
    status: int | None
    fault: str | None
    request: JsonObject
    monotonic: float = field(default_factory=time.monotonic)

    def as_json(self) -> JsonObject:
        """Return it as the control API shows it."""
        return {
            "seq": self.seq,
            "model": self.key,
            "path": self.path,
            "status": self.status,
            "fault": self.fault,
            "request": self.request,
            "monotonic": self.monotonic,
        }


class ModelStandin:
    """An OpenAI-compatible endpoint. ``api_key`` is the bearer token it wants; empty takes any.

    What its models say: :mod:`libs.standins.model.replies`. :attr:`base_url` is set while it is served and
    ends with ``/v1``.
    """

    name = "model"
    prefixes = ("/v1/",)

    def __init__(self, *, api_key: str = "", keep: int = DEFAULT_KEEP) -> None:
        self.base_url = ""
        self.api_key = api_key
        self.voices = Voices()
        self.faults = FaultBook()
        self._keep = keep
        self.calls: Journal[ModelCall] = Journal(keep)
        self._closing = asyncio.Event()

    @classmethod
    @contextlib.asynccontextmanager
    async def running(
        cls, *, host: str = "127.0.0.1", port: int = 0, api_key: str = ""
    ) -> AsyncIterator[Self]:
        """Serve a stand-in from this event loop while the block runs. OSError when the port is taken."""
        standin = cls(api_key=api_key)
        app = StandinApp([standin])
        async with serving(app, host=host, port=port) as base_url:
            standin.base_url = f"{base_url}/v1"
            try:
                yield standin
            finally:
                await app.close()

    def control_routes(self) -> list[BaseRoute]:
        """Return the control API below ``/_control/model``."""
        return control_routes(self)

    def say(
        self,
        content: str | JsonObject | None = None,
        *,
        contains: str = "",
        model: str = "",
        times: int | None = None,
        **reply: Any,
    ) -> ReplyRule:
        """Let a model say this (an object is said as JSON) where the prompt has ``contains``.

        ``reply`` takes ``finish_reason``, ``refusal`` and ``tool_calls``.
        """
        said = json.dumps(content) if isinstance(content, dict) else content
        return self.voices.add(ReplyRule(Reply(said, **reply), contains, model, times))

    def answer_with(self, responder: Responder | None) -> None:
        """Let a function of the test speak for every model (in this process alone)."""
        self.voices.responder = responder

    def add_fault(self, kind: str, **options: Any) -> FaultRule:
        """Put a fault in force. FaultError for one that cannot be understood."""
        return self.faults.add(model_rule({"kind": kind, **options}))

    async def reset(self) -> None:
        """Forget what was said, asked and broken; the key stays."""
        self.voices = Voices()
        self.faults.clear()
        self.calls = Journal(self._keep)

    async def close(self) -> None:
        """End every deliberate delay."""
        self._closing.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = str(scope["path"]).removeprefix("/v1/")
        try:
            raw = await read_body(receive, MAX_REQUEST_BYTES)
        except ClientGoneError:
            return
        except BodyTooLargeError:
            error = ApiError(413, "The request is too large.", headers=((b"connection", b"close"),))
            await send_answer(send, refusal(error))
            return
        try:
            self._check_key(scope)
            body = _read(scope, path, raw)
        except ApiError as error:
            self.note(path, {}, error.status, None)
            await send_answer(send, refusal(error))
            return
        verdict = self.faults.pick(path, str(body.get("model", "")))
        await _Exchange(self, scope, receive, send, path, body, verdict).run()

    def _check_key(self, scope: Scope) -> None:
        given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        kind, _, token = given.partition(" ")
        if kind.lower() != "bearer" or not token:
            raise ApiError(401, "You didn't provide an API key.")
        if self.api_key and token != self.api_key:
            raise ApiError(401, "Incorrect API key provided.", code="invalid_api_key")

    def note(self, path: str, body: JsonObject, status: int | None, fault: str | None) -> None:
        """Write a request down."""
        seq = self.calls.next_seq
        self.calls.add(ModelCall(seq, str(body.get("model", "")), path, status, fault, body))

    @property
    def closing(self) -> asyncio.Event:
        """Set when every delay is to end."""
        return self._closing


def _read(scope: Scope, path: str, raw: bytes) -> JsonObject:
    if path == "models" and scope["method"] == "GET":
        return {}
    if path not in {"chat/completions", "responses", "embeddings"} or scope["method"] != "POST":
        raise ApiError(404, "Invalid URL.", code="unknown_url")
    try:
        body = json.loads(raw)
    except ValueError:
        raise ApiError(400, "We could not parse the JSON body of your request.") from None
    if not isinstance(body, dict):
        raise ApiError(400, "The body of your request must be a JSON object.")
    return body


@dataclass(slots=True)
class _Exchange:
    """One request on its way to its answer."""

    standin: ModelStandin
    scope: Scope
    receive: Receive
    send: Send
    path: str
    body: JsonObject
    verdict: Verdict

    async def run(self) -> None:
        if self.verdict.latency_s:
            await pause(self.receive, self.verdict.latency_s, self.standin.closing)
        fault = self.verdict.fault
        if fault is not None and fault.kind in {"hang", "reset"} and not fault.accepted:
            await self._lose(fault)
            return
        try:
            answered = self._answer_body(fault)
        except ApiError as error:
            self._note(error.status)
            await send_answer(self.send, refusal(error))
            return
        await self._answer(answered, fault)

    def _answer_body(self, fault: Fault | None) -> JsonObject:
        if fault is not None and (error := refused(fault)) is not None:
            raise error
        if fault is not None and fault.kind == "no_structured_output" and self.body.get("response_format"):
            raise ApiError(400, "'response_format' is not supported.", param="response_format")
        if self.path == "models":
            data = [{"id": name, "object": "model", "owned_by": "stand-in"} for name in MODELS]
            return {"object": "list", "data": data}
        number = self.standin.calls.next_seq
        if self.path == "embeddings":
            return requests.embeddings(self.body)
        if self.path == "responses":
            prompt = requests.responses_prompt(self.body)
            return requests.response(prompt, self.standin.voices.say(prompt), number)
        prompt = requests.chat_prompt(self.body)
        return requests.completion(prompt, self.standin.voices.say(prompt), number)

    async def _answer(self, answered: JsonObject, fault: Fault | None) -> None:
        if fault is not None and fault.kind in {"hang", "reset"}:
            await self._lose(fault)
            return
        if fault is not None and fault.kind == "bad_gateway":
            self._note(BAD_GATEWAY.status)
            await send_answer(self.send, BAD_GATEWAY)
            return
        self._note(200)
        if self.body.get("stream") and self.path == "chat/completions":
            await self._stream(answered, fault)
            return
        if fault is not None and fault.kind == "slow_body":
            seconds = fault.seconds(DEFAULT_SLOW_BODY_S)
            await trickle_answer(self.receive, self.send, as_answer(answered), seconds, self.standin.closing)
            return
        await send_answer(self.send, _healthy_or_odd(answered, fault))

    async def _stream(self, answered: JsonObject, fault: Fault | None) -> None:
        options = self.body.get("stream_options")
        await stream(
            self.scope,
            self.receive,
            self.send,
            answered,
            include_usage=isinstance(options, dict) and bool(options.get("include_usage")),
            fault=fault if fault is not None and fault.kind in _STREAM_FAULTS else None,
            closing=self.standin.closing,
        )

    async def _lose(self, fault: Fault) -> None:
        self._note(None)
        if fault.kind == "hang":
            await pause(self.receive, fault.seconds(DEFAULT_HANG_S), self.standin.closing)
        await reset(self.scope, self.receive)

    def _note(self, status: int | None) -> None:
        fault = self.verdict.fault.kind if self.verdict.fault else None
        self.standin.note(self.path, self.body, status, fault)


def _healthy_or_odd(answered: JsonObject, fault: Fault | None) -> Answer:
    if fault is None or fault.kind in {"no_structured_output", "latency", *_STREAM_FAULTS}:
        return as_answer(answered)
    return odd_answer(fault, answered)
