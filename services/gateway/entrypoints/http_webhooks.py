"""Telegram's webhook: the product's hottest path, served beside the framework rather than through it.

The layers of FastAPI and Starlette that every other route passes cost more than the webhook's own work, so
this one reads ASGI itself. It gives the same errors, headers and spans as the rest.
"""

import asyncio

from opentelemetry import context, propagate, trace
from opentelemetry.trace import Span, SpanKind
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from libs.contracts.errors import ParleyError
from services.gateway.entrypoints import http_errors
from services.gateway.entrypoints.http_edge import CLOSE, SECURITY_HEADERS
from services.gateway.use_cases.receive_telegram_update import ReceiveTelegramUpdate

PREFIX = "/webhooks/telegram/"
_ROUTE = PREFIX + "{connection_id}"
_NAME = "receiveTelegramUpdate"
_SECRET = b"x-telegram-bot-api-secret-token"
_LONGEST_ID = 256

#: An answer with a field `method` would be executed by Telegram.
_TAKEN_HEAD = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"2"), *SECURITY_HEADERS],
}
_TAKEN_BODY = {"type": "http.response.body", "body": b"{}"}

_tracer = trace.get_tracer("parley.gateway")


class TelegramWebhook:
    """An ASGI application for `POST /webhooks/telegram/{connection_id}`."""

    def __init__(self, take: ReceiveTelegramUpdate, *, body_bytes: int, body_seconds: float) -> None:
        self._take = take
        self._body_bytes = body_bytes
        self._body_seconds = body_seconds

    def route(self) -> Route:
        """The same, as a route: so that other methods are refused as everywhere."""
        return Route(_ROUTE, self, methods=["POST"], name=_NAME)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        headers = {name: value for name, value in scope["headers"] if name in _WANTED}
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
                span.set_attributes({"http.route": _ROUTE, "http.response.status_code": status})
            span.end()

    async def _answer(self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes]) -> None:
        connection_id = scope["path"][len(PREFIX) :][:_LONGEST_ID]
        # The secret is checked before the body is read: a stranger's is not worth the memory.
        connection = await self._take.verify(connection_id, headers.get(_SECRET))
        await self._take.take(connection, await self._body(receive, headers.get(b"content-length", b"0")))
        await send(_TAKEN_HEAD)
        await send(_TAKEN_BODY)

    async def _body(self, receive: Receive, announced: bytes) -> bytes:
        """The whole body, within its bounds. Raises HTTPException 413, 408 or, for half a body, 400."""
        if announced.isdigit() and int(announced[:20]) > self._body_bytes:
            raise HTTPException(413)
        pieces: list[bytes] = []
        size, more = 0, True
        try:
            async with asyncio.timeout(self._body_seconds):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise HTTPException(400)
                    pieces.append(message.get("body", b""))
                    size += len(pieces[-1])
                    if size > self._body_bytes:
                        raise HTTPException(413)
                    more = message.get("more_body", False)
        except TimeoutError as error:
            raise HTTPException(408) from error
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


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
    """The whole application: webhooks go straight to their handler, everything else to the framework."""

    def __init__(self, webhook: TelegramWebhook, api: ASGIApp) -> None:
        self._webhook = webhook
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or socket."""
        if scope["type"] == "http" and scope["method"] == "POST":
            path: str = scope["path"]
            if path.startswith(PREFIX) and "/" not in path[len(PREFIX) :] and len(path) > len(PREFIX):
                await self._webhook(scope, receive, send)
                return
        await self._api(scope, receive, send)


_WANTED = frozenset([_SECRET, b"content-length", b"traceparent"])


def _span(traceparent: bytes | None) -> Span:
    parent = propagate.extract({"traceparent": traceparent.decode("latin-1")}) if traceparent else None
    return _tracer.start_span(f"POST {_ROUTE}", context=parent, kind=SpanKind.SERVER)
