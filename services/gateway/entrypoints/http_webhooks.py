"""The platforms' webhooks: the product's hottest path, served beside the framework rather than through it.

The layers of FastAPI and Starlette that every other route passes cost more than the webhook's own work, so
this one reads ASGI itself. It gives the same errors, headers and spans as the rest.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from opentelemetry import context, propagate, trace
from opentelemetry.trace import Span, SpanKind
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from libs.contracts.errors import DomainError, ErrorCode, ParleyError
from services.gateway.domain.webhooks import Post
from services.gateway.entrypoints import http_errors
from services.gateway.entrypoints.http_edge import CLOSE, SECURITY_HEADERS
from services.gateway.use_cases.ports import Now
from services.gateway.use_cases.receive_webhook import ReceiveWebhook
from services.gateway.use_cases.take_files_out import TakeFilesOut

PREFIX = "/webhooks/"
ROUTE = PREFIX + "{kind}/{connection_id}"
_BELOW = ROUTE + "/{below:path}"
_LONGEST_ID = 256
#: Bytes that are held as a whole: as many as a message of the broker may have.
_SMALL = 262_144
#: Bytes a second with which a body must come on the whole.
_SLOWEST = 524_288
#: Members of a handshake's query that are read.
_MOST_ASKED = 16

#: Telegram would execute an answer with a field `method`; Postmark takes nothing but 200 for an answer.
_TAKEN_HEAD = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"2"), *SECURITY_HEADERS],
}
_TAKEN_BODY = {"type": "http.response.body", "body": b"{}"}

_tracer = trace.get_tracer("parley.gateway")


class Webhooks:
    """An ASGI application for `/webhooks/{kind}/{connection_id}` and what hangs below it."""

    def __init__(
        self,
        take: ReceiveWebhook,
        *,
        body_bytes: int,
        body_seconds: float,
        now: Now,
        take_files_out: TakeFilesOut | None = None,
    ) -> None:
        self._take = take
        self._take_files_out = take_files_out
        self._body_bytes = body_bytes
        self._body_seconds = body_seconds
        self._now = now

    def routes(self) -> list[Route]:
        """The same, as routes: so that other methods are refused as everywhere."""
        return [
            Route(ROUTE, self, methods=["POST"], name="receiveWebhook"),
            Route(_BELOW, self, methods=["POST"], name="receiveWebhook"),
            Route(ROUTE, self.shake_hands, methods=["GET"], name="answerWebhookHandshake"),
        ]

    async def shake_hands(self, request: Request) -> Response:
        """A platform asks whether the address is ours. What is refused is 403 with nothing in it, as Meta
        has it.
        """
        asked = dict(list(request.query_params.multi_items())[:_MOST_ASKED])
        kind, connection_id = request.path_params["kind"], request.path_params["connection_id"]
        try:
            return PlainTextResponse(await self._take.challenge(kind, connection_id[:_LONGEST_ID], asked))
        except DomainError as error:
            if error.code == ErrorCode.FORBIDDEN:
                return Response(status_code=403)
            raise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One post."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        span = _span(headers.get(b"traceparent"))
        token = context.attach(trace.set_span_in_context(span))
        status = 200
        try:
            await self._answer(scope, receive, send, headers)
        except Exception as error:  # noqa: BLE001 - the last place that can answer; what is unexpected is logged
            response = await _refusal(Request(scope), error)
            status = response.status_code
            await response(scope, receive, send)
        finally:
            context.detach(token)
            if span.is_recording():
                span.set_attributes({"http.route": ROUTE, "http.response.status_code": status})
            span.end()

    async def _answer(self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes]) -> None:
        path: str = scope["path"]
        kind, _, rest = path[len(PREFIX) :].partition("/")
        connection_id, _, below = rest.partition("/")
        connection_id = connection_id[:_LONGEST_ID]
        channel = self._take.channel(kind)
        post = Post(
            received_at=self._now(),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()},
            below=below.strip("/"),
        )
        body = _Body(
            receive,
            headers.get(b"content-length"),
            most=channel.body_bytes or self._body_bytes,
            seconds=self._body_seconds,
        )
        if channel.covers_body:
            post = replace(post, body=await body.whole())
            connection = await self._take.verify(kind, connection_id, post)
        else:
            connection = await self._take.verify(kind, connection_id, post)
            if self._take_files_out is not None and channel.body_bytes and body.is_large:
                async with body.time_limit():
                    post = await self._take_files_out(connection, post, body.chunks())
            else:
                post = replace(post, body=await body.whole())
        await self._take.take(connection, post)
        await send(_TAKEN_HEAD)
        await send(_TAKEN_BODY)


class _Body:
    """A body on its way. Raises HTTPException 413 past its bound, 408 past its time, 400 for half a body."""

    def __init__(self, receive: Receive, announced: bytes | None, *, most: int, seconds: float) -> None:
        self._receive = receive
        self._most = most
        known = announced is not None and announced.isdigit()
        self._announced = int(announced[:20]) if known and announced else None
        if (self._announced or 0) > most:
            raise HTTPException(413)
        size = most if self._announced is None else self._announced
        self._seconds = seconds + size / _SLOWEST
        self._size, self._more = 0, True

    @property
    def is_large(self) -> bool:
        """Whether it is not to be held as a whole, or may turn out so."""
        return self._announced is None or self._announced > _SMALL

    @asynccontextmanager
    async def time_limit(self) -> AsyncIterator[None]:
        """How long it may take."""
        try:
            async with asyncio.timeout(self._seconds):
                yield
        except TimeoutError as error:
            raise HTTPException(408) from error

    async def chunks(self) -> AsyncIterator[bytes]:
        """Piece by piece."""
        while self._more:
            yield await self._next()

    async def whole(self) -> bytes:
        """All of it."""
        pieces: list[bytes] = []
        try:
            async with asyncio.timeout(self._seconds):
                while self._more:
                    pieces.append(await self._next())
        except TimeoutError as error:
            raise HTTPException(408) from error
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise HTTPException(400)
        chunk: bytes = message.get("body", b"")
        self._size += len(chunk)
        if self._size > self._most:
            raise HTTPException(413)
        self._more = message.get("more_body", False)
        return chunk


async def _refusal(request: Request, error: Exception) -> Response:
    """The error in the one format. It closes the connection: the body may still be on its way."""
    if isinstance(error, ParleyError):
        response = await http_errors.on_parley_error(request, error)
    elif isinstance(error, HTTPException):
        response = await http_errors.on_http_exception(request, error)
    else:
        response = await http_errors.on_unexpected(request, error)
    response.raw_headers.extend((*SECURITY_HEADERS, CLOSE))
    return response


class HotPathFirst:
    """The whole application: posts of platforms go straight to their handler, the rest to the framework."""

    def __init__(self, webhooks: Webhooks, api: ASGIApp) -> None:
        self._webhooks = webhooks
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or socket."""
        if scope["type"] == "http" and scope["method"] == "POST":
            path: str = scope["path"]
            if path.startswith(PREFIX):
                _, _, connection_id = path[len(PREFIX) :].partition("/")
                if connection_id.strip("/"):
                    await self._webhooks(scope, receive, send)
                    return
        await self._api(scope, receive, send)


def _span(traceparent: bytes | None) -> Span:
    parent = propagate.extract({"traceparent": traceparent.decode("latin-1")}) if traceparent else None
    return _tracer.start_span(f"POST {ROUTE}", context=parent, kind=SpanKind.SERVER)
