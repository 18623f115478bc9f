"""What administering connections needs from outside, beside what sending needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from libs.contracts.vocabulary import Channel as ChannelKind
from services.delivery.domain.connection import Connection
from services.delivery.domain.outcomes import Refused, Retry
from services.delivery.use_cases.ports import Channel, Connections, Log, Now, Seals


class Registrar(Protocol):
    """What a platform can be asked and told about a connection, beside sending."""

    async def check(self, connection: Connection) -> Refused | Retry | None:
        """What is wrong with it: Refused for good, Retry for now, None for nothing. Never raises."""
        ...

    async def disconnect(self, connection: Connection) -> Refused | Retry | None:
        """Have the platform post no more; what kept it from that. Never raises."""
        ...


class ConnectionLists(Protocol):
    """Connections of an account, and those whose turn it is to be checked."""

    async def of_account(
        self, account_id: str, *, chatbot_id: str | None, after: str, limit: int
    ) -> Sequence[Connection]:
        """Those with ids behind `after`, by id."""
        ...

    async def take_due(self, moment: datetime, again_at: datetime) -> Connection | None:
        """One that is to be checked now, and by nobody else before `again_at`. The widget and disconnected
        ones have no turn.
        """
        ...


@dataclass(frozen=True)
class Office:
    """What every use case about connections works with. `public_url` is where platforms reach the gateway,
    empty where that is not known.
    """

    connections: Connections
    lists: ConnectionLists
    channels: Mapping[ChannelKind, Channel]
    registrars: Mapping[ChannelKind, Registrar]
    seals: Seals
    log: Log
    now: Now
    public_url: str = ""


Settings = Mapping[str, Any]
