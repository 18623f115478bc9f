"""Access tokens and widget sessions as JWTs (RFC 7519), HS256 and nothing else.

The two kinds differ in audience and in the type header, so that neither passes for the other.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ErrorCode
from libs.runtime.clock import now
from libs.runtime.recent import Recent
from services.gateway.domain.callers import PersonCaller, VisitorCaller

_ALGORITHM = "HS256"
_PEOPLE = "parley"
_VISITORS = "parley-widget"
_LONGEST = 8192
#: Good tokens that are kept as they were read, and the seconds after which one that is not used may be gone.
_MOST_READ, _READ_SECONDS = 4_000, 60.0
#: The last second that a date can name.
_LAST_MOMENT = 253_402_300_799


class _Claims(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class _PersonClaims(_Claims):
    sub: str = Field(min_length=1)
    account_id: str = Field(min_length=1)
    name: str
    email: str
    role: str
    departments: list[str]
    sid: str | None = None
    exp: int = Field(ge=0, le=_LAST_MOMENT)


class _VisitorClaims(_Claims):
    sub: str = Field(min_length=1)
    account_id: str = Field(min_length=1)
    chatbot_id: str = Field(min_length=1)
    connection_id: str = Field(min_length=1)
    name: str
    exp: int = Field(ge=0, le=_LAST_MOMENT)


class JwtTokens:
    """Signs and reads. Times are whole seconds, as JWT has them."""

    def __init__(self, secret: str, issuer: str, now: Callable[[], datetime] = now) -> None:
        self._now = now
        self._secret = secret
        self._issuer = issuer
        # What a good token says stays so until it ends. A frontend shows the same one with every request, and
        # to read it took a fifth of what a list costs here.
        self._people: Recent[str, PersonCaller] = Recent(_MOST_READ, _READ_SECONDS)

    def for_person(self, caller: PersonCaller, *, issued_at: datetime) -> str:
        """An access token."""
        person = caller.person
        claims: dict[str, Any] = {
            "sub": person.id,
            "account_id": person.account_id,
            "name": person.name,
            "email": person.email,
            "role": person.role,
            "departments": list(person.departments),
        }
        if caller.session_id is not None:
            claims["sid"] = caller.session_id
        return self._sign(claims, _PEOPLE, "at+jwt", issued_at, caller.expires_at)

    def for_visitor(self, caller: VisitorCaller, *, issued_at: datetime) -> str:
        """A widget session."""
        claims = {
            "sub": caller.visitor_id,
            "account_id": caller.account_id,
            "chatbot_id": caller.chatbot_id,
            "connection_id": caller.connection_id,
            "name": caller.name,
        }
        return self._sign(claims, _VISITORS, "widget+jwt", issued_at, caller.expires_at)

    def read_person(self, token: str) -> PersonCaller:
        """Who holds it. Raises DomainError `unauthenticated`."""
        known = self._people.get(token)
        if known is None:
            known = self._read_person(token)
            self._people.put(token, known)
        if known.expires_at <= self._now():
            raise _refused()
        return known

    def _read_person(self, token: str) -> PersonCaller:
        try:
            claims = _PersonClaims.model_validate(self._verify(token, _PEOPLE, 0.0))
            person = Person(
                id=claims.sub,
                account_id=claims.account_id,
                email=claims.email,
                name=claims.name,
                role=claims.role,
                departments=tuple(claims.departments),
            )
        except ValidationError as error:
            raise _refused() from error
        return PersonCaller(person, _moment(claims.exp), claims.sid)

    def read_visitor(self, token: str, *, expired_for: float = 0.0) -> VisitorCaller:
        """Who holds it, also when it ended at most `expired_for` seconds ago."""
        try:
            claims = _VisitorClaims.model_validate(self._verify(token, _VISITORS, expired_for))
        except ValidationError as error:
            raise _refused() from error
        return VisitorCaller(
            account_id=claims.account_id,
            chatbot_id=claims.chatbot_id,
            connection_id=claims.connection_id,
            visitor_id=claims.sub,
            name=claims.name,
            expires_at=_moment(claims.exp),
        )

    def _sign(
        self, claims: dict[str, Any], audience: str, kind: str, issued_at: datetime, expires_at: datetime
    ) -> str:
        claims = claims | {
            "iss": self._issuer,
            "aud": audience,
            "iat": int(issued_at.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM, headers={"typ": kind})

    def _verify(self, token: str, audience: str, leeway: float) -> dict[str, Any]:
        if len(token) > _LONGEST:
            raise _refused()
        try:
            return jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                audience=audience,
                issuer=self._issuer,
                leeway=leeway,
                # Replicas' clocks differ by a little: a token from the near future is a token.
                options={"require": ["exp", "iat", "iss", "aud", "sub"], "verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            raise _refused() from error


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _refused() -> DomainError:
    return DomainError(ErrorCode.UNAUTHENTICATED, "The token is missing, ended or not valid.")
