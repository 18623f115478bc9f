"""A platform's HTTP API as plain ASGI: who calls, what is asked, and what goes wrong with it on purpose."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from starlette.types import Receive, Scope, Send

from libs.standins.errors import FaultError
from libs.standins.faults import UNHARMED, Fault, FaultBook, Verdict
from libs.standins.journal import Journal
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

FAULT_HEADER = "x-standin-fault"
DEFAULT_HANG_S = 60.0
DEFAULT_SLOW_BODY_S = 5.0

JsonObject = dict[str, Any]

BAD_GATEWAY = Answer(
    502,
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1>"
    b"</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
    b"text/html",
)
"""What a proxy in front of a platform answers."""


def json_answer(status: int, body: object, *headers: tuple[bytes, bytes]) -> Answer:
    """Write an answer of JSON."""
    return Answer(status, json.dumps(body, separators=(",", ":")).encode(), headers=headers)


class RefusedError(Exception):
    """The platform says no: with this answer, for this reason."""

    def __init__(self, answer: Answer, description: str) -> None:
        super().__init__(description)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request as it came; ``headers`` by lower-case name, ``path`` without what a proxy put before it."""

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json_object(self) -> JsonObject | None:
        """Return the body where it is a JSON object."""
        try:
            body = json.loads(self.body)
        except ValueError:
            return None
        return body if isinstance(body, dict) else None


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call of the API. ``lost``: a fault kept it from taking effect and from being answered."""

    seq: int
    key: str
    operation: str
    outcome: Literal["accepted", "refused", "lost"]
    status: int | None
    description: str
    fault: str | None
    request: JsonObject = field(default_factory=dict)
    monotonic: float = field(default_factory=time.monotonic)
    wall: float = field(default_factory=time.time)

    def as_json(self) -> JsonObject:
        """Return it as the control API shows it."""
        return {
            "seq": self.seq,
            "operation": self.operation,
            "recipient": self.key or None,
            "outcome": self.outcome,
            "status": self.status,
            "description": self.description,
            "fault": self.fault,
            "monotonic": self.monotonic,
            "wall": self.wall,
            "request": self.request,
        }


class Callee(Protocol):
    """Whose API is called: a number, a server, an account."""

    faults: FaultBook
    calls: Journal[ApiCall]

    def read_fault(self, body: Mapping[str, Any]) -> Fault:
        """Read one fault from JSON. FaultError."""
        ...

    def run(self, operation: "Operation", fault: Fault | None) -> Answer:
        """Carry it out. ``fault`` is None, or one that changes the answer or what follows. RefusedError."""
        ...

    def wrong_answer(self, fault: Fault) -> Answer | None:
        """Return what a fault answers in place of the call; None when :meth:`run` has to know of it."""
        ...


@dataclass(frozen=True, slots=True)
class Operation:
    """One call, understood: of whom, what, about which recipient, with what (printable)."""

    callee: Callee
    name: str
    recipient: str | None
    request: JsonObject
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)


class HttpApi:
    """The ASGI application. ``understand`` finds callee and operation, or raises RefusedError."""

    def __init__(
        self,
        understand: Callable[[ApiRequest], Operation],
        *,
        prefix: str,
        closing: asyncio.Event,
        max_bytes: int,
        too_large: Answer,
    ) -> None:
        self.strangers: Journal[ApiCall] = Journal(10_000)
        self._understand = understand
        self._prefix = prefix
        self._closing = closing
        self._max_bytes = max_bytes
        self._too_large = too_large

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            body = await read_body(receive, self._max_bytes)
        except ClientGoneError:
            return
        except BodyTooLargeError:
            answer = self._too_large
            close = ((b"connection", b"close"),)
            await send_answer(send, Answer(answer.status, answer.body, answer.content_type, close))
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path: str = scope["path"].removeprefix(self._prefix)
        request = ApiRequest(scope["method"], path, scope["query_string"], headers, body)
        try:
            operation = self._understand(request)
        except RefusedError as error:
            # Nothing of the request: a real token may have come here by mistake.
            _note(self.strangers, None, "refused", error.answer.status, str(error), None)
            await send_answer(send, error.answer)
            return
        try:
            verdict = _verdict(operation, headers.get(FAULT_HEADER))
        except FaultError as error:
            await send_answer(send, json_answer(400, {"error": str(error)}))
            return
        if verdict.latency_s:
            await pause(receive, verdict.latency_s, self._closing)
        if verdict.fault is None:
            await send_answer(send, _run(operation, None))
        else:
            await self._harm(scope, receive, send, operation, verdict.fault)

    async def _harm(
        self, scope: Scope, receive: Receive, send: Send, operation: Operation, fault: Fault
    ) -> None:
        if fault.kind == "slow_body":
            answer = _run(operation, fault)
            await trickle_answer(receive, send, answer, fault.seconds(DEFAULT_SLOW_BODY_S), self._closing)
            return
        if fault.kind in {"hang", "reset"}:
            if fault.accepted:
                _run(operation, fault)
            else:
                _note(operation.callee.calls, operation, "lost", None, "", fault)
            if fault.kind == "hang":
                await pause(receive, fault.seconds(DEFAULT_HANG_S), self._closing)
            await reset(scope, receive)
            return
        wrong = operation.callee.wrong_answer(fault)
        if wrong is None:
            await send_answer(send, _run(operation, fault))
            return
        if fault.accepted:
            _run(operation, fault)
        else:
            _note(operation.callee.calls, operation, "refused", wrong.status, "on purpose", fault)
        await send_answer(send, wrong)


def _run(operation: Operation, fault: Fault | None) -> Answer:
    try:
        answer = operation.callee.run(operation, fault)
    except RefusedError as error:
        status = error.answer.status
        _note(operation.callee.calls, operation, "refused", status, str(error), fault)
        return error.answer
    _note(operation.callee.calls, operation, "accepted", answer.status, "", fault)
    return answer


def _note(
    journal: Journal[ApiCall],
    operation: Operation | None,
    outcome: Literal["accepted", "refused", "lost"],
    status: int | None,
    description: str,
    fault: Fault | None,
) -> None:
    journal.add(
        ApiCall(
            seq=journal.next_seq,
            key=(operation.recipient or "") if operation else "",
            operation=operation.name if operation else "",
            outcome=outcome,
            status=status,
            description=description,
            fault=fault.kind if fault else None,
            request=operation.request if operation else {},
        )
    )


def _verdict(operation: Operation, fault_text: str | None) -> Verdict:
    """Decide by the rules in force, or by the request's own fault header. FaultError."""
    verdict = operation.callee.faults.pick(operation.name, operation.recipient)
    if fault_text is None:
        return verdict
    try:
        given = json.loads(fault_text)
    except ValueError as error:
        raise FaultError("X-Standin-Fault is not JSON") from error
    if not isinstance(given, dict):
        raise FaultError("X-Standin-Fault must be a JSON object")
    fault = operation.callee.read_fault(given)
    if fault.kind == "latency":
        return Verdict(verdict.latency_s + fault.seconds(1.0), verdict.fault)
    return Verdict(verdict.latency_s, fault) if verdict is not UNHARMED else Verdict(fault=fault)
