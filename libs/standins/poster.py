"""Posting webhooks: HTTP/1.1 over kept-alive connections.

A general HTTP client costs several times what this does per request, and in a benchmark that is taken from
the services under test, which share the machine.
"""

import asyncio
import base64
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast
from urllib.parse import unquote, urlsplit

import httptools

MAX_ANSWER_BYTES = 1_048_576
# uvicorn closes a connection idle for 5 s; one older than this could be closing while we write to it.
_IDLE_LIMIT_S = 2.0


class PostError(Exception):
    """No complete answer came; the text says why, without addresses."""


@dataclass(slots=True)
class PostResult:
    """What became of one post: a status, or why there is none."""

    status: int | None = None
    error: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    latency_s: float = 0.0

    @property
    def accepted(self) -> bool:
        """Whether the receiver answered 200-299."""
        return self.status is not None and 200 <= self.status <= 299


@dataclass(frozen=True, slots=True)
class PostAttempt:
    """One post: when it began (``time.monotonic()``, Unix seconds), the status or error, how long it took."""

    monotonic: float
    wall: float
    status: int | None
    error: str | None
    latency_s: float

    def as_json(self) -> dict[str, Any]:
        """Return it as the control API shows it."""
        return {
            "monotonic": self.monotonic,
            "wall": self.wall,
            "status": self.status,
            "error": self.error,
            "latency_ms": round(self.latency_s * 1000, 3),
        }


class Target(NamedTuple):
    """Where a webhook goes, taken apart once."""

    host: str
    port: int
    tls: bool
    head: bytes


def parse_target(url: str) -> Target:
    """Take a webhook URL apart; user:password in it become Basic auth. ValueError when it is none."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("an http or https URL with a host is expected")
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"POST {path} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}"]
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        lines.append(f"Authorization: Basic {base64.b64encode(user.encode()).decode()}")
    head = "\r\n".join(lines)
    if not all(line.isascii() and line.isprintable() for line in lines) or " " in path:
        raise ValueError("the URL contains characters that must be escaped")
    return Target(parts.hostname, parts.port or (443 if tls else 80), tls, head.encode("ascii"))


class _Connection(asyncio.Protocol):
    """One connection, one exchange at a time."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self.closed = False
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[PostResult] | None = None
        self._start_answer()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not isinstance: uvloop's transports do not derive from asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self._answer is None or self._answer.done():
            return
        if exc is None and self._headers_complete and not self._parser.should_keep_alive():
            self._complete()  # a body that ends with the connection
        else:
            self._fail("connection reset" if exc else "connection closed")

    async def exchange(self, request: bytes) -> PostResult:
        """Send a request and wait for its answer. PostError when none comes."""
        if self._transport is None:
            raise PostError("not connected")
        self._start_answer()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._answer
        except asyncio.CancelledError:
            # The answer may still come, and would be taken for that of the next request.
            self.abort()
            raise

    def abort(self) -> None:
        """Drop the connection."""
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.abort()  # bytes nobody asked for
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail("the answer is not HTTP/1.1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._result.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._headers_complete = True

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > MAX_ANSWER_BYTES:
            self._fail("the answer is too large")
        else:
            self._pieces.append(body)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:
            self._clear_answer()  # 100 Continue and its like precede the answer
        else:
            self._complete()

    def _start_answer(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._clear_answer()

    def _clear_answer(self) -> None:
        self._result = PostResult()
        self._pieces: list[bytes] = []
        self._size = 0
        self._headers_complete = False

    def _complete(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._result.status = self._parser.get_status_code()
            self._result.body = b"".join(self._pieces)
            self._answer.set_result(self._result)
            if not self._parser.should_keep_alive():
                self.abort()

    def _fail(self, why: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(PostError(why))
        self.abort()


class Poster:
    """Posts bodies to webhook addresses over reused connections. As many at once as its callers ask for."""

    def __init__(self, *, time_limit_s: float = 60.0) -> None:
        self.time_limit_s = time_limit_s
        self._idle: dict[tuple[str, int, bool], list[_Connection]] = {}
        self._tls: ssl.SSLContext | None = None

    async def post(self, target: Target, body: bytes, headers: Mapping[str, str]) -> PostResult:
        """Post once. Never raises for what the receiver does: the result tells."""
        lines = "".join(f"\r\n{name}: {value}" for name, value in headers.items())
        request = b"%b%b\r\nContent-Length: %d\r\n\r\n%b" % (target.head, lines.encode(), len(body), body)
        started = time.monotonic()
        connection: _Connection | None = None
        try:
            async with asyncio.timeout(self.time_limit_s):
                connection = self._take(target) or await self._connect(target)
                result = await connection.exchange(request)
        except TimeoutError:
            result = PostResult(error="no answer in time")
        except PostError as error:
            result = PostResult(error=str(error))
        except OSError as error:
            result = PostResult(error=f"cannot connect: {type(error).__name__}")
        finally:
            self._give_back(target, connection)
        result.latency_s = time.monotonic() - started
        return result

    def close(self) -> None:
        """Drop every idle connection."""
        for connections in self._idle.values():
            for connection in connections:
                connection.abort()
        self._idle.clear()

    async def _connect(self, target: Target) -> _Connection:
        if target.tls and self._tls is None:
            self._tls = ssl.create_default_context()
        _, connection = await asyncio.get_running_loop().create_connection(
            _Connection, target.host, target.port, ssl=self._tls if target.tls else None
        )
        return connection

    def _take(self, target: Target) -> _Connection | None:
        idle = self._idle.get((target.host, target.port, target.tls), [])
        oldest = time.monotonic() - _IDLE_LIMIT_S
        while idle:
            connection = idle.pop()
            if not connection.closed and connection.idle_since > oldest:
                return connection
            connection.abort()
        return None

    def _give_back(self, target: Target, connection: _Connection | None) -> None:
        if connection is None or connection.closed:
            return
        connection.idle_since = time.monotonic()
        self._idle.setdefault((target.host, target.port, target.tls), []).append(connection)
