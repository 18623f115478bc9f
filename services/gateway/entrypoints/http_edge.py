"""What holds for every HTTP request: bounded bodies, headers of every answer. Pure ASGI, for the hot path."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: An API answers with JSON alone: nothing in it may be guessed, framed, cached or run.
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
CLOSE = (b"connection", b"close")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a body may be, and how long it may take."""

    bytes: int
    seconds: float


#: The bounds of a request by its method and path, where they are not those of every other one.
BoundsOf = Callable[[str, str], Bounds | None]


class HttpEdge:
    """Cuts bodies that are too long (413) or too slow (408), and sets headers that an answer has not set.

    A request that is answered before its body came closes the connection: the rest would keep it open.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        body_bytes: int,
        body_seconds: float,
        bounds_of: BoundsOf = lambda _method, _path: None,
    ) -> None:
        self._app = app
        self._bounds = Bounds(body_bytes, body_seconds)
        self._bounds_of = bounds_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bounds = self._bounds_of(scope["method"], scope["path"]) or self._bounds
        body = _Body(scope, receive, bounds.bytes, bounds.seconds)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = SECURITY_HEADERS if body.complete else (*SECURITY_HEADERS, CLOSE)
                own = list(message.get("headers", ()))
                given = {name for name, _ in own}
                message = {**message, "headers": own + [one for one in added if one[0] not in given]}
            await send(message)

        await self._app(scope, body.receive, send_with_headers)


class _Body:
    """One request's body on its way in."""

    __slots__ = ("_announced", "_bytes", "_deadline", "_most", "_receive", "complete")

    def __init__(self, scope: Scope, receive: Receive, most: int, seconds: float) -> None:
        self._receive = receive
        self._most = most
        self._bytes = 0
        self._announced = 0
        self.complete = True
        for name, value in scope["headers"]:
            if name == b"content-length" and value != b"0":
                self.complete = False
                self._announced = int(value) if value.isdigit() and len(value) < 20 else most + 1
            elif name == b"transfer-encoding":
                self.complete = False
        self._deadline = 0.0 if self.complete else asyncio.get_running_loop().time() + seconds

    async def receive(self) -> Message:
        """The next piece. Raises HTTPException 413 or 408."""
        if self.complete:
            return await self._receive()
        if self._announced > self._most:
            raise HTTPException(413)
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            raise HTTPException(408) from error
        if message["type"] == "http.request":
            self._bytes += len(message.get("body", b""))
            if self._bytes > self._most:
                raise HTTPException(413)
            self.complete = not message.get("more_body", False)
        return message
