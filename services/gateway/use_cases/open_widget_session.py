"""A visitor of a website starts to talk, or comes back."""

from dataclasses import dataclass
from datetime import timedelta

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Channel
from services.gateway.domain.callers import VisitorCaller
from services.gateway.domain.visitor_identity import VisitorIdentity, identify
from services.gateway.use_cases.ports import Connections, DeriveId, Now, Tokens


@dataclass(frozen=True, slots=True)
class WidgetSession:
    """`session_id` names the visitor's thread; `expires_in` is in seconds."""

    token: str
    session_id: str
    expires_in: int


class OpenWidgetSession:
    """A visitor is whoever holds the token; an old one, even ended some time ago, is exchanged for a new one
    of the same thread. Whom the website identifies has one thread wherever they come from.
    """

    def __init__(
        self,
        connections: Connections,
        tokens: Tokens,
        *,
        lifetime: timedelta,
        resumable: timedelta,
        now: Now,
        derive_id: DeriveId,
    ) -> None:
        self._connections = connections
        self._tokens = tokens
        self._lifetime = lifetime
        self._resumable = resumable
        self._now = now
        self._derive_id = derive_id

    async def __call__(
        self,
        connection_id: str,
        *,
        name: str,
        visitor_id: str,
        old_token: str | None = None,
        identity: VisitorIdentity | None = None,
    ) -> WidgetSession:
        """`visitor_id` is used when there is neither an identity nor an old token.

        Raises DomainError `not_found` for what is no connected widget, `unauthenticated` for an old token
        that is not one of this widget's, and for an identity that is wrong, or missing where it is required.
        """
        connection = await self._connections.find(connection_id)
        if (
            connection is None
            or connection.channel is not Channel.WIDGET
            or connection.status == "disconnected"
        ):
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such widget.")
        user_id = identify(connection, identity)
        if user_id is not None:
            # A digest: the website's own id, often an email address, stays out of thread names and logs.
            visitor_id = self._derive_id("visitor", connection_id, user_id)
        elif old_token is not None:
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
