"""Connections with a short memory, so that sending a message costs no read.

A change made in this process is seen at once, one made in another replica within seconds. While the store is
away, what was known is good enough to send with.
"""

from collections.abc import Callable, Sequence

from libs.contracts.envelope import Envelope
from libs.contracts.errors import TransientError
from libs.contracts.vocabulary import Channel
from services.delivery.domain.connection import Connection
from services.delivery.use_cases.ports import Connections

#: Connections that are remembered at most; beyond, all are forgotten.
MOST = 10_000


class RememberedConnections:
    """The port Connections over another one. `seconds` is how long a reading is good."""

    def __init__(self, connections: Connections, *, seconds: float, clock: Callable[[], float]) -> None:
        self._connections = connections
        self._seconds = seconds
        self._clock = clock
        self._known: dict[str, tuple[float, Connection | None]] = {}

    async def find(self, connection_id: str) -> Connection | None:
        """A connection as it was a moment ago."""
        read_at, known = self._known.get(connection_id, (float("-inf"), None))
        if self._clock() - read_at < self._seconds:
            return known
        try:
            return await self.look_up(connection_id)
        except TransientError:
            if known is None:
                raise
            return known

    async def look_up(self, connection_id: str) -> Connection | None:
        """A connection as it is."""
        found = await self._connections.look_up(connection_id)
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[connection_id] = (self._clock(), found)
        return found

    async def of_chatbot(self, account_id: str, chatbot_id: str, channel: Channel) -> Sequence[Connection]:
        """Read each time."""
        return await self._connections.of_chatbot(account_id, chatbot_id, channel)

    async def save(self, connection: Connection, event: Envelope, *, command_id: str) -> bool:
        """Store it."""
        try:
            return await self._connections.save(connection, event, command_id=command_id)
        finally:
            self._known.pop(connection.id, None)

    async def break_off(self, connection: Connection, event: Envelope) -> bool:
        """Store that it does not work."""
        try:
            return await self._connections.break_off(connection, event)
        finally:
            self._known.pop(connection.id, None)
