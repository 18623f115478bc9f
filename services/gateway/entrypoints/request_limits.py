"""Requests and WebSocket handshakes that an address, a person or an API key may make, counted together."""

from collections.abc import Callable

from starlette.requests import HTTPConnection

from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.rate_limits import TokenBuckets

#: Refusals of one caller that the audit trail keeps.
REFUSALS_A_MINUTE = 60


class RequestLimits:
    """Takes one from a bucket, or raises DomainError `rate_limited`."""

    def __init__(
        self,
        by_address: TokenBuckets,
        by_person: TokenBuckets,
        by_key: TokenBuckets,
        clock: Callable[[], float],
    ) -> None:
        self._by_address = by_address
        self._by_person = by_person
        self._by_key = by_key
        self._refusals = TokenBuckets(REFUSALS_A_MINUTE, 60.0)
        self._clock = clock

    def count_address(self, connection: HTTPConnection) -> None:
        """Before anything is looked at: guessing tokens is limited, too."""
        self._take(self._by_address, address_of(connection))

    def count_person(self, caller: PersonCaller) -> None:
        """All tokens of a person count together; each API key by itself."""
        buckets = self._by_key if caller.is_key else self._by_person
        self._take(buckets, f"{caller.account_id}/{caller.person.id}")

    def counts_refusal(self, caller: PersonCaller) -> bool:
        """Whether a refusal is worth an entry in the audit trail: who is refused again and again shall not
        fill it.
        """
        key = f"{caller.account_id}/{caller.person.id}"
        return not self._refusals.take(key, self._clock())

    def _take(self, buckets: TokenBuckets, key: str) -> None:
        wait = buckets.take(key, self._clock())
        if wait:
            raise DomainError(ErrorCode.RATE_LIMITED, "Too many requests.", retry_after=wait)


def address_of(connection: HTTPConnection) -> str:
    """Where the request comes from, for rate limits. Behind a proxy uvicorn's FORWARDED_ALLOW_IPS decides
    whose X-Forwarded-For counts.
    """
    return connection.client.host if connection.client else "unknown"
