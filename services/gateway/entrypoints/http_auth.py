"""Log in, and stay logged in."""

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall, NoBody
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_models import LogInBody, LogOutBody, RefreshBody, SessionAnswer
from services.gateway.entrypoints.http_once import IdempotencyKey
from services.gateway.entrypoints.request_limits import address_of
from services.gateway.use_cases.log_in import LogIn
from services.gateway.use_cases.log_out import LogOut
from services.gateway.use_cases.refresh_session import RefreshSession


def add_auth_routes(
    app: FastAPI, log_in: LogIn, refresh_session: RefreshSession, log_out: LogOut, commanding: Commanding
) -> None:
    """`/auth/login`, `/auth/refresh` and `/auth/logout`."""

    @app.post(
        "/auth/login",
        operation_id="logIn",
        summary="Log in with email address and password",
        tags=["sessions"],
        responses=errors(401, 415, 422, 429),
    )
    async def log_in_route(body: LogInBody, request: Request) -> SessionAnswer:
        session = await log_in(body.email, body.password, address=address_of(request))
        return SessionAnswer.of(session)

    @app.post(
        "/auth/refresh",
        operation_id="refreshSession",
        summary="Exchange a refresh token for a new pair",
        description="Each refresh token works once; shown again, it ends its log-in everywhere. Only the "
        "same request with the same Idempotency-Key gets the same tokens again, for a day.",
        tags=["sessions"],
        responses=errors(401, 415, 422),
    )
    async def refresh_route(body: RefreshBody, key: IdempotencyKey = None) -> SessionAnswer:
        return SessionAnswer.of(await refresh_session(body.refresh_token, idempotency_key=key))

    @app.post(
        "/auth/logout",
        operation_id="logOut",
        summary="Log out",
        description="Ends this log-in, or all of the person's: access tokens and refresh tokens count no "
        "more, sockets are closed with 4401, on every replica. Sent again, it is 401, but with the same "
        "Idempotency-Key answered as done.",
        tags=["sessions"],
        status_code=204,
        responses=errors(401, 415, 422),
    )
    async def log_out_route(
        call: CurrentCall,
        body: LogOutBody | None = None,
    ) -> Response:
        async def work() -> BaseModel:
            await log_out(call.caller, everywhere=body is not None and body.everywhere)
            return NoBody()

        await commanding.once(call, commanding.command_id(call), body, work)
        return Response(status_code=204)
