"""The platforms' webhooks: the product's hottest path, served beside the framework rather than through it.

The layers of FastAPI and Starlette that every other route passes cost more than the webhook's own work, so
this one reads ASGI itself. It gives the same errors, headers and spans as the rest.
"""

import asyncio
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

PREFIX = "/webhooks/"
ROUTE = PREFIX + "{kind}/{connection_id}"
_BELOW = ROUTE + "/{below:path}"
_LONGEST_ID = 256
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

    def __init__(self, take: ReceiveWebhook, *, body_bytes: int, body_seconds: float, now: Now) -> None:
        self._take = take
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
        announced, most = headers.get(b"content-length", b"0"), channel.body_bytes or self._body_bytes
        if channel.covers_body:
            post = replace(post, body=await self._body(receive, announced, most))
            connection = await self._take.verify(kind, connection_id, post)
        else:
            connection = await self._take.verify(kind, connection_id, post)
            post = replace(post, body=await self._body(receive, announced, most))
        await self._take.take(connection, post)
        await send(_TAKEN_HEAD)
        await send(_TAKEN_BODY)

    async def _body(self, receive: Receive, announced: bytes, most: int) -> bytes:
        """The whole body, within its bounds. Raises HTTPException 413, 408 or, for half a body, 400."""
        if announced.isdigit() and int(announced[:20]) > most:
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
                    if size > most:
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
