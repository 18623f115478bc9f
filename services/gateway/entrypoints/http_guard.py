"""Who is calling, and whether this route is for them. Runs before every route of the API."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.domain import policy
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.rate_limits import TokenBuckets
from services.gateway.entrypoints.http_errors import operation_of
from services.gateway.use_cases.ports import Tokens


class Guard:
    """A dependency of the whole application, so that no route can go without it."""

    def __init__(
        self, tokens: Tokens, by_address: TokenBuckets, by_person: TokenBuckets, clock: Callable[[], float]
    ) -> None:
        self._tokens = tokens
        self._by_address = by_address
        self._by_person = by_person
        self._clock = clock

    async def __call__(self, request: Request) -> None:
        """Raises DomainError `rate_limited`, `unauthenticated` or `forbidden`; leaves the caller on the
        request. The address is counted first: guessing tokens is limited, too.
        """
        self._limit(self._by_address, address_of(request))
        operation = operation_of(request)
        if policy.is_open(operation):
            return
        token = bearer_token(request)
        if token is None:
            raise DomainError(ErrorCode.UNAUTHENTICATED, "A token is needed here.")
        caller = self._tokens.read_person(token)
        self._limit(self._by_person, f"{caller.account_id}/{caller.person.id}")
        if not policy.may_call(operation, caller.role):
            raise DomainError(ErrorCode.FORBIDDEN, "This is not for your role.")
        request.state.caller = caller

    def _limit(self, buckets: TokenBuckets, key: str) -> None:
        wait = buckets.take(key, self._clock())
        if wait:
            raise DomainError(ErrorCode.RATE_LIMITED, "Too many requests.", retry_after=wait)


def bearer_token(connection: HTTPConnection) -> str | None:
    """The token of the Authorization header."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _caller(request: Request) -> PersonCaller:
    caller = getattr(request.state, "caller", None)
    if not isinstance(caller, PersonCaller):
        raise DomainError(ErrorCode.UNAUTHENTICATED, "A token is needed here.")
    return caller


#: The person who calls, as the guard found them.
CurrentPerson = Annotated[PersonCaller, Depends(_caller)]


def address_of(connection: HTTPConnection) -> str:
    """Where the request comes from, for rate limits. Behind a proxy uvicorn's FORWARDED_ALLOW_IPS decides
    whose X-Forwarded-For counts.
    """
    return connection.client.host if connection.client else "unknown"
