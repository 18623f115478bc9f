"""What the stand-ins of WhatsApp, Postmark and Chatwoot share: registered parties and their control API.

A party is whatever a customer of the platform has: a number, a server, an account. It has an API that is
called, people who act, webhooks that are posted, and faults.
"""

import asyncio
import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Self, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from libs.standins.app import StandinApp
from libs.standins.control import json_object, query_int, query_limit, take, wait_seconds
from libs.standins.errors import StandinError, UnknownError
from libs.standins.faults import TRANSPORT_KINDS, Fault, FaultBook, FaultRule, parse_fault, parse_rule
from libs.standins.http_api import ApiCall, ApiRequest, HttpApi, JsonObject, Operation
from libs.standins.journal import DEFAULT_KEEP, Journal
from libs.standins.server import serving
from libs.standins.webhooks import Posting, Reaction, WebhookSender
from libs.standins.wire import Answer

MAX_PARTIES = 100
MAX_COPIES = 1_000
DEFAULT_WAIT_S = 10.0
WAIT = ("wait", "wait_seconds")
"""Members that every action takes besides its own."""


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that the platform accepted and people now see. ``key`` is the recipient."""

    seq: int
    key: str
    message_id: str
    kind: str
    text: str | None
    request: JsonObject
    monotonic: float = field(default_factory=time.monotonic)
    wall: float = field(default_factory=time.time)

    def as_json(self) -> JsonObject:
        """Return it as the control API shows it."""
        return {
            "seq": self.seq,
            "recipient": self.key,
            "message_id": self.message_id,
            "kind": self.kind,
            "text": self.text,
            "request": self.request,
            "monotonic": self.monotonic,
            "wall": self.wall,
        }


class Party(ABC):
    """One of them. Subclasses say what the API does and what people can do."""

    #: Kinds of fault beside those of the transport, with their options.
    fault_kinds: ClassVar[Mapping[str, frozenset[str]]] = {}

    def __init__(
        self, party_id: str, react: Reaction, *, speed_up: float, time_limit_s: float, keep: int
    ) -> None:
        self.id = party_id
        self.faults = FaultBook()
        self.calls: Journal[ApiCall] = Journal(keep)
        self.sent: Journal[SentMessage] = Journal(keep)
        self.sender = WebhookSender(react, speed_up=speed_up, time_limit_s=time_limit_s)

    @abstractmethod
    def as_json(self) -> JsonObject:
        """Return its settings as the control API shows them, without secrets."""

    @abstractmethod
    def run(self, operation: Operation, fault: Fault | None) -> Answer:
        """Carry a call out. RefusedError."""

    @abstractmethod
    def wrong_answer(self, fault: Fault) -> Answer | None:
        """Return what a fault answers in place of the call; None when :meth:`run` has to know of it."""

    @abstractmethod
    def actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], "Posting | JsonObject"]]:
        """Return what people can do: a path of the control API, and what takes its body. StandinError."""

    def read_fault(self, body: Mapping[str, Any]) -> Fault:
        """Read one fault from JSON. FaultError."""
        return parse_fault(body, {**TRANSPORT_KINDS, **self.fault_kinds})

    def add_fault(self, kind: str, **options: Any) -> int:
        """Put a fault rule in force (see the README's table) and return its id. FaultError."""
        return self.add_rule({"kind": kind, **options}).rule_id

    def add_rule(self, body: Mapping[str, Any]) -> FaultRule:
        """Put a rule from JSON in force. FaultError."""
        return self.faults.add(parse_rule(body, {**TRANSPORT_KINDS, **self.fault_kinds}))

    def show(self, recipient: str, message_id: str, kind: str, text: str | None, request: JsonObject) -> None:
        """Note that people see a message now."""
        self.sent.add(SentMessage(self.sent.next_seq, recipient, message_id, kind, text, request))

    async def wait_for_sent(
        self, recipient: str | None = None, *, after: int = 0, seconds: float = 5.0
    ) -> list[SentMessage]:
        """Wait until something numbered above ``after`` was sent (to this recipient). Empty: it was not."""
        return await self.sent.wait_after(after, key=recipient, seconds=seconds)

    async def close(self) -> None:
        """Stop posting and let everyone who waits go."""
        self.calls.close()
        self.sent.close()
        await self.sender.close()


P = TypeVar("P", bound=Party)


class PartyStandin(ABC, Generic[P]):
    """A platform: its parties, its API below :attr:`prefix`, its control API below ``/_control/{name}``.

    ``speed_up`` divides the pauses of redelivery; ``keep`` bounds what each journal remembers.
    :attr:`base_url`, the platform's own address, is set while it is served.
    """

    name: ClassVar[str]
    prefix: ClassVar[str]
    max_bytes: ClassVar[int]
    too_large: ClassVar[Answer]

    def __init__(
        self, *, speed_up: float = 1.0, time_limit_s: float = 20.0, keep: int = DEFAULT_KEEP
    ) -> None:
        self.base_url = ""
        self.parties: dict[str, P] = {}
        self.speed_up = speed_up
        self.time_limit_s = time_limit_s
        self.keep = keep
        self._closing = asyncio.Event()
        self.api = HttpApi(
            self.understand,
            prefix=self.prefix,
            closing=self._closing,
            max_bytes=self.max_bytes,
            too_large=self.too_large,
        )

    @classmethod
    @contextlib.asynccontextmanager
    async def running(
        cls, *, host: str = "127.0.0.1", port: int = 0, speed_up: float = 1.0
    ) -> AsyncIterator[Self]:
        """Serve a stand-in from this event loop while the block runs. OSError when the port is taken."""
        standin = cls(speed_up=speed_up)
        app = StandinApp([standin])
        async with serving(app, host=host, port=port) as base_url:
            standin.base_url = f"{base_url}{cls.prefix}"
            try:
                yield standin
            finally:
                await app.close()

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What its paths begin with."""
        return (f"{self.prefix}/",)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to the platform."""
        if not self.base_url:
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            self.base_url = f"{scope['scheme']}://{host}{self.prefix}"
        await self.api(scope, receive, send)

    @abstractmethod
    def register(self, settings: Mapping[str, Any]) -> P:
        """Register a party, or bring a registered one up to date: what is not given stays. StandinError."""

    @abstractmethod
    def understand(self, request: ApiRequest) -> Operation:
        """Find whose API is called and what is asked. RefusedError."""

    def party(self, party_id: str) -> P:
        """Return a registered party. UnknownError when there is none."""
        try:
            return self.parties[party_id]
        except KeyError:
            raise UnknownError(f"{self.name} {party_id} is not registered") from None

    def enrol(self, party: P) -> P:
        """Keep a new party. StandinError when there are too many."""
        if len(self.parties) >= MAX_PARTIES:
            raise StandinError(f"there are already {MAX_PARTIES} parties", 409)
        self.parties[party.id] = party
        return party

    async def remove(self, party_id: str) -> None:
        """Forget a party and all it has. UnknownError."""
        party = self.party(party_id)
        del self.parties[party_id]
        await party.close()

    async def reset(self) -> None:
        """Forget everything."""
        for party_id in list(self.parties):
            await self.remove(party_id)
        self.api.strangers.clear()

    async def close(self) -> None:
        """End every deliberate delay, every wait and every post."""
        self._closing.set()
        await self.reset()

    def control_routes(self) -> list[BaseRoute]:
        """Return the control API below ``/_control/{name}``."""
        return _Control(self).routes()


Endpoint = Callable[[Any, Request], Awaitable[Response]]


class _Control:
    """The control API of one platform."""

    def __init__(self, standin: PartyStandin[Any]) -> None:
        self._standin = standin

    def routes(self) -> list[BaseRoute]:
        root = f"/_control/{self._standin.name}"
        one = f"{root}/{{party}}"
        return [
            Route(root, self._register, methods=["POST"]),
            Route(root, self._overview, methods=["GET"]),
            Route(one, self._remove, methods=["DELETE"]),
            Route(f"{one}/sent", self._of(_sent), methods=["GET"]),
            Route(f"{one}/calls", self._of(_calls), methods=["GET"]),
            Route(f"{one}/posts", self._of(_posts), methods=["GET"]),
            Route(f"{one}/faults", self._of(_add_fault), methods=["POST"]),
            Route(f"{one}/faults", self._of(_faults), methods=["GET"]),
            Route(f"{one}/faults", self._of(_clear_faults), methods=["DELETE"]),
            Route(f"{one}/faults/{{rule:int}}", self._of(_remove_fault), methods=["DELETE"]),
            Route(f"{one}/{{action}}", self._of(_act), methods=["POST"]),
        ]

    def _of(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            return await endpoint(self._standin.party(request.path_params["party"]), request)

        return handle

    async def _register(self, request: Request) -> Response:
        party = self._standin.register(await json_object(request))
        return JSONResponse(_shown(party), status_code=201)

    async def _overview(self, request: Request) -> Response:  # noqa: ARG002 - Starlette's signature
        strangers = self._standin.api.strangers.after(limit=100)
        return JSONResponse(
            {
                "parties": [_shown(party) for party in self._standin.parties.values()],
                "strangers": [call.as_json() for call in strangers],
            }
        )

    async def _remove(self, request: Request) -> Response:
        await self._standin.remove(request.path_params["party"])
        return Response(status_code=204)


def _shown(party: Party) -> JsonObject:
    return {
        "id": party.id,
        **party.as_json(),
        "speed_up": party.sender.speed_up,
        "pending_posts": party.sender.pending_count,
        "sent": len(party.sent),
        "last_sent_seq": party.sent.next_seq - 1,
    }


async def _sent(party: Party, request: Request) -> Response:
    found = await party.sent.wait_after(
        query_int(request, "after") or 0,
        key=request.query_params.get("recipient"),
        limit=query_limit(request),
        seconds=wait_seconds(request.query_params.get("wait_seconds", 0)),
    )
    return JSONResponse({"sent": [message.as_json() for message in found]})


async def _calls(party: Party, request: Request) -> Response:
    found = party.calls.after(
        query_int(request, "after") or 0,
        key=request.query_params.get("recipient"),
        limit=query_limit(request),
    )
    return JSONResponse({"calls": [call.as_json() for call in found]})


async def _posts(party: Party, request: Request) -> Response:
    found = party.sender.journal.after(
        query_int(request, "after") or 0,
        key=request.query_params.get("key"),
        limit=query_limit(request),
    )
    return JSONResponse({"posts": [posting.as_json() for posting in found]})


async def _add_fault(party: Party, request: Request) -> Response:
    return JSONResponse(party.add_rule(await json_object(request)).as_json(), status_code=201)


async def _faults(party: Party, request: Request) -> Response:  # noqa: ARG001 - one signature for all
    return JSONResponse({"faults": [rule.as_json() for rule in party.faults.rules]})


async def _clear_faults(party: Party, request: Request) -> Response:  # noqa: ARG001 - one signature for all
    party.faults.clear()
    return Response(status_code=204)


async def _remove_fault(party: Party, request: Request) -> Response:
    if not party.faults.remove(request.path_params["rule"]):
        raise UnknownError(f"there is no fault rule {request.path_params['rule']}")
    return Response(status_code=204)


async def _act(party: Party, request: Request) -> Response:
    name = request.path_params["action"]
    body = await json_object(request)
    if name in _POSTING_ACTIONS:
        return await _POSTING_ACTIONS[name](party, body)
    action = party.actions().get(name)
    if action is None:
        raise UnknownError(f"there is no {name}; known: {', '.join(sorted(party.actions()))}")
    done = action({key: value for key, value in body.items() if key not in WAIT})
    if isinstance(done, Posting):
        return await _answered([done], body)
    return JSONResponse(done, status_code=201)


async def _duplicate(party: Party, body: Mapping[str, Any]) -> Response:
    count = take(body, "count", int, default=1)
    if not 1 <= count <= MAX_COPIES:
        raise StandinError(f"count must be 1-{MAX_COPIES}")
    return await _answered([party.sender.duplicate(take(body, "seq", int)) for _ in range(count)], body)


async def _hold(party: Party, body: Mapping[str, Any]) -> Response:
    if take(body, "held", bool):
        party.sender.hold()
    else:
        party.sender.release(backwards=take(body, "backwards", bool, default=False))
    return Response(status_code=204)


_POSTING_ACTIONS: dict[str, Callable[[Party, Mapping[str, Any]], Awaitable[Response]]] = {
    "duplicates": _duplicate,
    "hold": _hold,
}


async def _answered(postings: list[Posting], body: Mapping[str, Any]) -> Response:
    if take(body, "wait", bool, default=False):
        seconds = wait_seconds(take(body, "wait_seconds", int, float, default=DEFAULT_WAIT_S))
        for posting in postings:
            await posting.wait(seconds)
    if len(postings) == 1:
        return JSONResponse(postings[0].as_json(), status_code=201)
    return JSONResponse({"posts": [posting.as_json() for posting in postings]}, status_code=201)
