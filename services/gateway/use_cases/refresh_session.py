"""Exchange a refresh token for a new pair."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.domain import refresh_tokens
from services.gateway.domain.refresh_tokens import Family
from services.gateway.use_cases.ports import Families, Now, People
from services.gateway.use_cases.session_tokens import Session, SessionTokens

#: How long a repeated request gets the answer of the first (spec: a day).
_REPEATABLE = timedelta(days=1)


class RefreshSession:
    """Each refresh token works once. One that is shown again ends its whole family; only the same request,
    told by its Idempotency-Key, gets its answer again.
    """

    def __init__(
        self,
        *,
        families: Families,
        people: People,
        tokens: SessionTokens,
        pepper: bytes,
        refresh_lifetime: timedelta,
        now: Now,
    ) -> None:
        self._families = families
        self._people = people
        self._tokens = tokens
        self._pepper = pepper
        self._refresh_lifetime = refresh_lifetime
        self._now = now

    async def __call__(self, token: str, *, idempotency_key: str | None = None) -> Session:
        """Raises DomainError `unauthenticated`; TransientError when a part is away."""
        parts = refresh_tokens.split(token)
        family = await self._families.find(parts[0]) if parts else None
        if parts is None or family is None or family.revoked or family.expires_at <= self._now():
            raise _ended()
        # The profile comes first: nothing is used up when the directory is away.
        person = await self._people.find(family.person_id, family.account_id)
        if person is None or not person.active:
            await self._families.revoke(family.id)
            raise _ended()
        secret = parts[1]
        request = refresh_tokens.digest(idempotency_key) if idempotency_key else None
        following = self._following(family, secret, idempotency_key)
        moment = self._now()
        rotated = replace(
            family,
            current=refresh_tokens.digest(following),
            previous=refresh_tokens.digest(secret),
            request=request,
            rotated_at=moment,
            expires_at=moment + self._refresh_lifetime,
        )
        if not await self._families.rotate(rotated, presented=refresh_tokens.digest(secret)):
            moment = await self._first_time(rotated)
        return self._tokens.issue(person, refresh_tokens.join(family.id, following), issued_at=moment)

    def _following(self, family: Family, secret: str, key: str | None) -> str:
        if key is None:
            return secrets.token_urlsafe(32)
        return refresh_tokens.successor(self._pepper, family.id, secret, key)

    async def _first_time(self, wanted: Family) -> datetime:
        """When this very request was carried out before. Otherwise the token was used by somebody else."""
        kept = await self._families.find(wanted.id)
        if (
            kept is not None
            and not kept.revoked
            and kept.rotated_at is not None
            and self._now() - kept.rotated_at < _REPEATABLE
            and refresh_tokens.is_same(kept.previous, wanted.previous)
            and refresh_tokens.is_same(kept.request, wanted.request)
            and refresh_tokens.is_same(kept.current, wanted.current)
        ):
            return kept.rotated_at
        await self._families.revoke(wanted.id)
        raise _ended()


def _ended() -> DomainError:
    return DomainError(ErrorCode.UNAUTHENTICATED, "The session has ended. Log in again.")
