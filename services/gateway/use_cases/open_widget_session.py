"""A visitor of a website starts to talk, or comes back."""

from dataclasses import dataclass
from datetime import timedelta

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Channel
from services.gateway.domain.callers import VisitorCaller
from services.gateway.use_cases.ports import Connections, Now, Tokens


@dataclass(frozen=True, slots=True)
class WidgetSession:
    """`session_id` names the visitor's thread; `expires_in` is in seconds."""

    token: str
    session_id: str
    expires_in: int


class OpenWidgetSession:
    """A visitor is whoever holds the token; an old one, even ended some time ago, is exchanged for a new one
    of the same thread.
    """

    def __init__(
        self,
        connections: Connections,
        tokens: Tokens,
        *,
        lifetime: timedelta,
        resumable: timedelta,
        now: Now,
    ) -> None:
        self._connections = connections
        self._tokens = tokens
        self._lifetime = lifetime
        self._resumable = resumable
        self._now = now

    async def __call__(
        self, connection_id: str, *, name: str, visitor_id: str, old_token: str | None = None
    ) -> WidgetSession:
        """`visitor_id` is used when there is no old token.

        Raises DomainError `not_found` for what is no connected widget, `unauthenticated` for an old token
        that is not one of this widget's.
        """
        connection = await self._connections.find(connection_id)
        if (
            connection is None
            or connection.channel is not Channel.WIDGET
            or connection.status == "disconnected"
        ):
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such widget.")
        if old_token is not None:
            old = self._tokens.read_visitor(old_token, expired_for=self._resumable.total_seconds())
            if old.connection_id != connection_id:
                raise DomainError(ErrorCode.UNAUTHENTICATED, "The session is one of another widget.")
            visitor_id, name = old.visitor_id, name or old.name
        moment = self._now()
        caller = VisitorCaller(
            account_id=connection.account_id,
            chatbot_id=connection.chatbot_id,
            connection_id=connection_id,
            visitor_id=visitor_id,
            name=name,
            expires_at=moment + self._lifetime,
        )
        return WidgetSession(
            token=self._tokens.for_visitor(caller, issued_at=moment),
            session_id=caller.session_id,
            expires_in=int(self._lifetime.total_seconds()),
        )
