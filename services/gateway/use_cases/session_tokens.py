"""The pair of tokens that a log-in and each refresh of it answer with."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.contracts.conversation import Person
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.ports import Tokens


@dataclass(frozen=True, slots=True)
class Session:
    """Tokens with the person they are for; `expires_in` is that of the access token, in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    person: Person


class SessionTokens:
    """Makes sessions."""

    def __init__(self, tokens: Tokens, access_lifetime: timedelta) -> None:
        self._tokens = tokens
        self._lifetime = access_lifetime

    def issue(self, person: Person, refresh_token: str, *, issued_at: datetime) -> Session:
        """The same arguments give the same tokens, so that a repeated request gets the same answer."""
        session_id = refresh_token.partition(".")[0]
        caller = PersonCaller(person, issued_at + self._lifetime, session_id)
        return Session(
            access_token=self._tokens.for_person(caller, issued_at=issued_at),
            refresh_token=refresh_token,
            expires_in=int(self._lifetime.total_seconds()),
            person=person,
        )
