"""A channel connection: one channel of one chatbot, with what it takes to use it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from libs.contracts.vocabulary import Channel

#: Messages per second that a connection may send, where its settings say nothing else: the platforms' own
#: bounds for a bot, a number, the smallest plan, and 3,000 requests a minute from one address.
RATES = {Channel.TELEGRAM: 30.0, Channel.WHATSAPP: 80.0, Channel.EMAIL: 25.0, Channel.CHATWOOT: 50.0}
DEFAULT_RATE = 30.0


class ConnectionStatus(StrEnum):
    """Whether it can be used."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Connection:
    """`credentials` are readable here and sealed everywhere else. `version` changes with every change, so
    that a verdict about old credentials is not laid upon new ones. `generated` names the credentials that
    the change to this version had generated.
    """

    id: str
    account_id: str
    chatbot_id: str
    channel: Channel
    version: str
    name: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    status: ConnectionStatus = ConnectionStatus.CONNECTED
    reason: str | None = None
    generated: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether messages may be sent over it."""
        return self.status is ConnectionStatus.CONNECTED

    @property
    def rate_per_second(self) -> float:
        """Its setting `rate_per_second`, where that is a positive number."""
        rate = self.settings.get("rate_per_second")
        if isinstance(rate, int | float) and not isinstance(rate, bool) and rate > 0:
            return float(rate)
        return RATES.get(self.channel, DEFAULT_RATE)

    def holding(self, credentials: Mapping[str, str], generated: tuple[str, ...] = ()) -> "Connection":
        """The same with these credentials, of which some were generated."""
        return replace(self, credentials=credentials, generated=generated)

    def having(self, settings: Mapping[str, Any]) -> "Connection":
        """The same with these settings, too."""
        return replace(self, settings={**self.settings, **settings})

    def broken(self, reason: str) -> "Connection":
        """The same, out of use."""
        return replace(self, status=ConnectionStatus.ERROR, reason=reason)

    def connected(self, found: Mapping[str, Any]) -> "Connection":
        """The same, in use, with what the platform told about it."""
        settings = {**self.settings, **found}
        return replace(self, status=ConnectionStatus.CONNECTED, reason=None, settings=settings)
