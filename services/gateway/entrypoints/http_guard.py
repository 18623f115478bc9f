"""Who is calling, and whether this route is for them. Runs before every route of the API."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.domain import policy
from services.gateway.domain.callers import PersonCaller
from services.gateway.entrypoints.http_errors import operation_of
from services.gateway.entrypoints.request_limits import RequestLimits
from services.gateway.use_cases.api_key_ports import IdentifyCaller
from services.gateway.use_cases.auditing import Auditing


class Guard:
    """A dependency of the whole application, so that no route can go without it."""

    def __init__(self, identify: IdentifyCaller, limits: RequestLimits, audit: Auditing) -> None:
        self._audit = audit
        self._identify = identify
        self._limits = limits

    async def __call__(self, request: Request) -> None:
        """Raises DomainError `rate_limited`, `unauthenticated` or `forbidden`; leaves the caller on the
        request.
        """
        self._limits.count_address(request)
        operation = operation_of(request)
        if policy.is_open(operation):
            return
        token = bearer_token(request)
        if token is None:
            raise DomainError(ErrorCode.UNAUTHENTICATED, "A token is needed here.")
        # A log-out sent again, told by its key, comes with the token that it has ended itself.
        again = operation == "logOut" and "idempotency-key" in request.headers
        caller = await self._identify(token, ended_too=again)
        self._limits.count_person(caller)
        if not policy.may_call(operation, caller.role, caller.scopes):
            if self._limits.counts_refusal(caller):
                await self._audit(caller, operation, refused=ErrorCode.FORBIDDEN)
            raise DomainError(ErrorCode.FORBIDDEN, _not_for(caller))
        request.state.caller = caller


def _not_for(caller: PersonCaller) -> str:
    return "This key has no scope for it." if caller.is_key else "This is not for your role."


def bearer_token(connection: HTTPConnection) -> str | None:
    """The token of the Authorization header."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


# Dependencies are coroutines, also where nothing is awaited: FastAPI runs plain functions in a thread, which
# cost a list a third of its time here.
async def _caller(request: Request) -> PersonCaller:
    caller = getattr(request.state, "caller", None)
    if not isinstance(caller, PersonCaller):
        raise DomainError(ErrorCode.UNAUTHENTICATED, "A token is needed here.")
    return caller


#: The person who calls, as the guard found them.
CurrentPerson = Annotated[PersonCaller, Depends(_caller)]
