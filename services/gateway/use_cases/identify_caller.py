"""Whose token it is: a person's, ours or an outside provider's, or an API key."""

from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.domain import api_keys, refresh_tokens
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.api_key_ports import ApiKeys
from services.gateway.use_cases.identify_outside import IdentifyOutside
from services.gateway.use_cases.ports import Now, Tokens

#: No token of ours is as long.
_LONGEST = 8192


class IdentifyByToken:
    """Keys are looked up each time, so that a revoked one counts nowhere any more."""

    def __init__(
        self, tokens: Tokens, keys: ApiKeys, now: Now, outside: IdentifyOutside | None = None
    ) -> None:
        self._outside = outside
        self._tokens = tokens
        self._keys = keys
        self._now = now

    async def __call__(self, token: str, *, ended_too: bool = False) -> PersonCaller:
        """With `ended_too` also when a person's log-in has ended. Raises DomainError `unauthenticated`,
        TransientError when the store is away.
        """
        if len(token) > _LONGEST:
            raise _refused()
        if api_keys.looks_like_key(token):
            return await self._by_key(token)
        if self._outside is not None and self._outside.is_theirs(token):
            return await self._outside(token, ended_too=ended_too)
        return self._tokens.read_person(token, ended_too=ended_too)

    async def _by_key(self, token: str) -> PersonCaller:
        parts = api_keys.split(token)
        key = await self._keys.find(parts[0]) if parts else None
        moment = self._now()
        if (
            parts is None
            or key is None
            or not refresh_tokens.is_same(key.digest, refresh_tokens.digest(parts[1]))
            or not key.counts_at(moment)
        ):
            raise _refused()
        await self._keys.used(key.id, moment)
        return key.caller(moment)


def _refused() -> DomainError:
    return DomainError(ErrorCode.UNAUTHENTICATED, "The token is missing, ended or not valid.")
