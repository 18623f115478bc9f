"""For platforms without a registration of their own: connecting asks them all there is to ask."""

from services.delivery.domain.connection import Connection
from services.delivery.domain.outcomes import Refused, Retry
from services.delivery.use_cases.ports import Channel

#: What a channel's `connect` says of a platform that did not answer properly this time.
PASSING = frozenset({"unreachable", "rate_limited", "platform_error"})


class ChannelRegistrar:
    """The port Registrar over a channel. The platform keeps its webhook's address itself: when a connection
    ends, what it still posts is refused.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def check(self, connection: Connection) -> Refused | Retry | None:
        """Connect once more, which changes nothing."""
        found = await self._channel.connect(connection)
        if not isinstance(found, Refused):
            return None
        return Retry(found.code) if found.code in PASSING else found

    async def disconnect(self, connection: Connection) -> Refused | Retry | None:  # noqa: ARG002 - the port's
        """There is nobody to tell."""
        return None
