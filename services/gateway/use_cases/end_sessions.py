"""End log-ins and keys here at once, and tell the other replicas."""

from collections.abc import Sequence

from services.gateway.domain.ended_sessions import EndedSessions
from services.gateway.use_cases.ports import Announce


class EndSessions:
    """What is stored has been stored before. Whoever does not hear of it reads it (FollowSessionEnds)."""

    def __init__(self, ended: EndedSessions, announce: Announce) -> None:
        self._ended = ended
        self._announce = announce

    async def __call__(self, session_ids: Sequence[str]) -> None:
        """Refuse them, cut their sockets, tell it."""
        self._ended.end(session_ids)
        if session_ids:
            await self._announce(session_ids)
