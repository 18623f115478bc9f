"""Tokens of people whose log-in has not ended."""

from datetime import datetime

from services.gateway.adapters.jwt_tokens import JwtTokens
from services.gateway.domain.callers import PersonCaller, VisitorCaller
from services.gateway.domain.ended_sessions import EndedSessions


class CheckedTokens:
    """What the signature says, and then what is known of the log-in: one place for REST and WebSocket."""

    def __init__(self, tokens: JwtTokens, ended: EndedSessions) -> None:
        self._tokens = tokens
        self._ended = ended

    def for_person(self, caller: PersonCaller, *, issued_at: datetime) -> str:
        """An access token."""
        return self._tokens.for_person(caller, issued_at=issued_at)

    def for_visitor(self, caller: VisitorCaller, *, issued_at: datetime) -> str:
        """A widget session."""
        return self._tokens.for_visitor(caller, issued_at=issued_at)

    def read_person(self, token: str, *, ended_too: bool = False) -> PersonCaller:
        """Who holds it; with `ended_too` also when its log-in has ended. Raises DomainError
        `unauthenticated`.
        """
        caller = self._tokens.read_person(token)
        if not ended_too:
            self._ended.check(caller.session_id)
        return caller

    def read_visitor(self, token: str, *, expired_for: float = 0.0) -> VisitorCaller:
        """Who holds it, also when it ended at most `expired_for` seconds ago."""
        return self._tokens.read_visitor(token, expired_for=expired_for)
