"""Log-ins that ended while access tokens of theirs still count: known in memory, to refuse them at once.

An access token names its log-in (`sid`). It is refused, and its sockets are cut, from the moment the log-in
ends until no token of it can count any more.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from libs.contracts.errors import DomainError, ErrorCode

#: Ended log-ins remembered at most. Past it the oldest is forgotten; its tokens have minutes left.
MOST = 200_000

Cut = Callable[[], None]


def name_of(person_id: str, account_id: str) -> str:
    """The name under which everything that was known of a person ends; log-ins end by their ids."""
    return f"person:{account_id}:{person_id}"


class EndedSessions:
    """`lifetime` is that of an access token: so long an ended log-in is remembered."""

    def __init__(self, lifetime: timedelta, now: Callable[[], datetime]) -> None:
        self._lifetime = lifetime
        self._now = now
        self._ended: OrderedDict[str, datetime] = OrderedDict()
        self._sockets: dict[str, set[Cut]] = {}

    @property
    def since(self) -> datetime:
        """Log-ins that ended before this moment have no token left that counts."""
        return self._now() - self._lifetime

    def end(self, session_ids: Iterable[str]) -> None:
        """Refuse these from now on, and cut their sockets."""
        for session_id in session_ids:
            self._ended[session_id] = self._now()
            self._ended.move_to_end(session_id)
            for cut in tuple(self._sockets.get(session_id, ())):
                cut()
        self._forget()

    def check(self, session_id: str | None) -> None:
        """Raise DomainError `unauthenticated` for an ended log-in."""
        if session_id in self._ended:
            raise DomainError(ErrorCode.UNAUTHENTICATED, "This log-in has ended.")

    def ended_since(self, name: str | None, moment: datetime) -> bool:
        """Whether it ended at that moment or later."""
        at = self._ended.get(name) if name is not None else None
        return at is not None and at >= moment

    @contextmanager
    def watch(self, session_id: str | None, cut: Cut, *, since: datetime | None = None) -> Iterator[None]:
        """Have a socket cut when its log-in ends, also when it ended just now, or since a moment."""
        if session_id is None:
            yield
            return
        if session_id in self._ended and (since is None or self.ended_since(session_id, since)):
            cut()
        self._sockets.setdefault(session_id, set()).add(cut)
        try:
            yield
        finally:
            left = self._sockets[session_id]
            left.discard(cut)
            if not left:
                del self._sockets[session_id]

    def _forget(self) -> None:
        since = self.since
        while self._ended:
            oldest, at = next(iter(self._ended.items()))
            if at >= since and len(self._ended) <= MOST:
                return
            del self._ended[oldest]
