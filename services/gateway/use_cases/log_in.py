"""Log in with email address and password."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Role
from services.gateway.domain import refresh_tokens
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.rate_limits import TokenBuckets
from services.gateway.domain.refresh_tokens import Family
from services.gateway.use_cases.auditing import Auditing
from services.gateway.use_cases.ports import Credential, Credentials, Families, NewId, Now, Passwords, People
from services.gateway.use_cases.session_tokens import Session, SessionTokens

ACTION = "log_in"


class LogIn:
    """A wrong password, an unknown address and a person who is gone look and last the same."""

    def __init__(
        self,
        *,
        credentials: Credentials,
        passwords: Passwords,
        people: People,
        families: Families,
        tokens: SessionTokens,
        audit: Auditing,
        by_address: TokenBuckets,
        by_email: TokenBuckets,
        refresh_lifetime: timedelta,
        now: Now,
        new_id: NewId,
        clock: Callable[[], float],
    ) -> None:
        self._credentials = credentials
        self._passwords = passwords
        self._people = people
        self._families = families
        self._tokens = tokens
        self._audit = audit
        self._by_address = by_address
        self._by_email = by_email
        self._refresh_lifetime = refresh_lifetime
        self._now = now
        self._new_id = new_id
        self._clock = clock

    async def __call__(self, email: str, password: str, *, address: str) -> Session:
        """Raises DomainError `unauthenticated` or `rate_limited`; TransientError when a part is away."""
        email = email.strip().lower()
        self._limit(address, email)
        credential = await self._credentials.find(email)
        matches = await self._passwords.matches(credential.password_hash if credential else None, password)
        if credential is None:
            raise refused()
        person = await self._people.find(credential.person_id, credential.account_id) if matches else None
        moment = self._now()
        if person is None or not person.active:
            await self._audit(_claimed(credential, moment), ACTION, refused=ErrorCode.UNAUTHENTICATED)
            raise refused()
        family_id, secret = self._new_id(), secrets.token_urlsafe(32)
        await self._families.start(
            Family(
                id=family_id,
                person_id=person.id,
                account_id=person.account_id,
                current=refresh_tokens.digest(secret),
                expires_at=moment + self._refresh_lifetime,
            )
        )
        person = await self._still_counts(credential, person, family_id)
        await self._audit(PersonCaller(person, moment), ACTION, targets={"session": family_id})
        return self._tokens.issue(person, refresh_tokens.join(family_id, secret), issued_at=moment)

    async def _still_counts(self, credential: Credential, person: Person, family_id: str) -> Person:
        """The person as they are now that the log-in is known. Whoever made them inactive, or changed their
        password, in the meantime has looked for log-ins before this one was there to be found.
        """
        kept = await self._credentials.find(credential.email)
        latest = await self._people.find(person.id, person.account_id)
        same = kept is not None and kept.password_hash == credential.password_hash
        if not same or latest is None or not latest.active:
            await self._families.revoke(family_id)
            await self._audit(_claimed(credential, self._now()), ACTION, refused=ErrorCode.UNAUTHENTICATED)
            raise refused()
        return latest

    def _limit(self, address: str, email: str) -> None:
        moment = self._clock()
        wait = max(self._by_address.take(address, moment), self._by_email.take(email, moment))
        if wait:
            raise DomainError(ErrorCode.RATE_LIMITED, "Too many attempts to log in.", retry_after=wait)


def _claimed(credential: Credential, moment: datetime) -> PersonCaller:
    """Whose log-in was tried: of them the trail gets the id alone."""
    person = Person(
        id=credential.person_id, account_id=credential.account_id, email="", name="", role=Role.USER
    )
    return PersonCaller(person, moment)


def refused() -> DomainError:
    """The one answer to every log-in that fails."""
    return DomainError(ErrorCode.UNAUTHENTICATED, "Email address or password is wrong.")
