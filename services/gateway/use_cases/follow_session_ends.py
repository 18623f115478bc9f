"""Know which log-ins have ended, whoever ended them: told by the other replicas, and read again and again.

What is told can be lost, with the broker or on the way; what is stored cannot.
"""

import asyncio
from collections.abc import Callable

from libs.contracts.errors import TransientError
from services.gateway.domain.ended_sessions import EndedSessions
from services.gateway.use_cases.ports import Families

#: Seconds between readings: the longest that a token of an ended log-in counts where nothing was told.
READ_EVERY = 5.0

Report = Callable[..., object]


class FollowSessionEnds:
    """`catch_up` belongs before readiness: a replica that has not read accepts what others refuse."""

    def __init__(
        self, families: Families, ended: EndedSessions, report: Report, *, every: float = READ_EVERY
    ) -> None:
        self._families = families
        self._ended = ended
        self._report = report
        self._every = every
        self._missed = asyncio.Event()

    async def catch_up(self) -> None:
        """Take in what ended while nobody told. Raises TransientError."""
        self._ended.end(await self._families.revoked_since(self._ended.since))

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
