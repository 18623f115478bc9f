"""Whose token of an outside identity provider it is."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from libs.contracts.conversation import Person
from services.gateway.domain.callers import PersonCaller, Vouched
from services.gateway.domain.ended_sessions import EndedSessions, name_of
from services.gateway.domain.outside_identity import Claimed, ClaimMapping, claimed
from services.gateway.use_cases.ports import Now, People

#: How long what the directory said counts: so long may somebody act who was made inactive.
_REMEMBERED = timedelta(seconds=30)
_MOST = 10_000


class OutsideTokens(Protocol):
    """Tokens of one identity provider."""

    def are_theirs(self, token: str) -> bool:
        """Whether a token says that it is the provider's; nothing is checked."""
        ...

    async def read(self, token: str) -> tuple[Mapping[str, Any], datetime]:
        """Its claims, checked, and its end. Raises DomainError `unauthenticated`, TransientError while the
        provider's keys are not to be had.
        """
        ...


class IdentifyOutside:
    """Reads the claims by their mapping, and asks the directory whether there is somebody of that name."""

    def __init__(
        self,
        tokens: OutsideTokens,
        mapping: ClaimMapping,
        people: People,
        now: Now,
        longest: timedelta,
        ended: EndedSessions,
    ) -> None:
        self._tokens = tokens
        self._mapping = mapping
        self._people = people
        self._now = now
        self._longest = longest
        self._ended = ended
        self._known: OrderedDict[tuple[str, str], tuple[Person | None, datetime]] = OrderedDict()

    def is_theirs(self, token: str) -> bool:
        """Whether a token is for this to read."""
        return self._tokens.are_theirs(token)

    async def __call__(self, token: str, *, ended_too: bool = False) -> PersonCaller:
        """With `ended_too` also when it was logged out with. Raises DomainError `unauthenticated`,
        TransientError while nobody can tell. A socket is looked at again after `longest`, whatever the token
        says.
        """
        claims, ends = await self._tokens.read(token)
        token_id = f"token:{hashlib.sha256(token.encode()).hexdigest()}"
        if not ended_too:
            self._ended.check(token_id)
        about = claimed(claims, self._mapping)
        known, known_at = await self._find(about)
        return PersonCaller(
            about.person(known),
            min(ends, self._now() + self._longest),
            token_id,
            vouched=Vouched(ends_at=ends, known_at=known_at),
        )

    async def _find(self, about: Claimed) -> tuple[Person | None, datetime]:
        """Whom the directory knows by that name, and when it was asked."""
        key, moment = (about.account_id, about.person_id), self._now()
        if key in self._known:
            person, asked_at = self._known[key]
            changed = self._ended.ended_since(name_of(about.person_id, about.account_id), asked_at)
            if moment < asked_at + _REMEMBERED and not changed:
                return person, asked_at
        person = await self._people.find(about.person_id, about.account_id)
        self._known[key] = (person, moment)
        self._known.move_to_end(key)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return person, moment
