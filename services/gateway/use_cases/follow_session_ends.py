"""Know which log-ins have ended, whoever ended them: told by the other replicas, and read again and again.

What is told can be lost, with the broker or on the way; what is stored cannot.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from libs.contracts.errors import TransientError
from services.gateway.domain.ended_sessions import EndedSessions

#: Seconds between readings: the longest that a token of an ended log-in counts where nothing was told.
READ_EVERY = 5.0

Report = Callable[..., object]


class Ends(Protocol):
    """Something whose end is stored: log-ins, API keys."""

    async def revoked_since(self, moment: datetime) -> Sequence[str]:
        """Ids of what was ended after a moment."""
        ...


class FollowSessionEnds:
    """`catch_up` belongs before readiness: a replica that has not read accepts what others refuse."""

    def __init__(
        self, stored: Sequence[Ends], ended: EndedSessions, report: Report, *, every: float = READ_EVERY
    ) -> None:
        self._stored = stored
        self._ended = ended
        self._report = report
        self._every = every
        self._missed = asyncio.Event()

    async def catch_up(self) -> None:
        """Take in what ended while nobody told. Raises TransientError."""
        for one in self._stored:
            self._ended.end(await one.revoked_since(self._ended.since))

    def missed(self) -> None:
        """Something may have been told that did not arrive: read now."""
        self._missed.set()

    async def run(self) -> None:
        """Read every few seconds, and when something was missed, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(self._every):
                    await self._missed.wait()
            except TimeoutError:
                pass
            self._missed.clear()
            try:
                await self.catch_up()
            except TransientError as error:
                self._report("ended sessions not read", code=error.code)
