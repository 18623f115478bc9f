"""Widget sessions."""

from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.domain.rate_limits import TokenBuckets
from services.gateway.domain.visitor_identity import VisitorIdentity
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_models import WidgetSessionAnswer, WidgetSessionBody
from services.gateway.entrypoints.http_once import IdempotencyKey, Once
from services.gateway.entrypoints.request_limits import address_of
from services.gateway.use_cases.open_widget_session import OpenWidgetSession

#: A visitor has no account that could keep keys apart; theirs have to be unguessable.
_SHORTEST_KEY = 16


def add_widget_routes(
    app: FastAPI,
    open_session: OpenWidgetSession,
    once: Once,
    by_address: TokenBuckets,
    clock: Callable[[], float],
) -> None:
    """`/api/v1/widget/sessions`."""

    @app.post(
        "/api/v1/widget/sessions",
        operation_id="openWidgetSession",
        summary="Open a visitor's session, or take one up again",
        tags=["widget"],
        status_code=201,
        response_model=WidgetSessionAnswer,
        responses=errors(401, 404, 415, 422, 429),
    )
    async def open_route(
        body: WidgetSessionBody, request: Request, key: IdempotencyKey = None
    ) -> JSONResponse:
        address = address_of(request)
        wait = by_address.take(address, clock())
        if wait:
            raise DomainError(ErrorCode.RATE_LIMITED, "Too many sessions from here.", retry_after=wait)
        if key is not None and len(key) < _SHORTEST_KEY:
            raise DomainError(ErrorCode.INVALID, f"Here a key has at least {_SHORTEST_KEY} characters.")
        visitor_id = once.request_id(key, "widget", body.connection_id, address)

        async def work() -> WidgetSessionAnswer:
            session = await open_session(
                body.connection_id,
                name=body.name or "",
                visitor_id=visitor_id,
                old_token=body.token,
                identity=_identity(body),
            )
            return WidgetSessionAnswer.of(session)

        return JSONResponse(await once(key, visitor_id, body, work), status_code=201)


def _identity(body: WidgetSessionBody) -> VisitorIdentity | None:
    if body.identity is None:
        return None
    return VisitorIdentity(body.identity.user_id, body.identity.signature)
