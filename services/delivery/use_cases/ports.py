"""What the use cases need from outside. Whatever is away for now is TransientError."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, Protocol

from libs.contracts.envelope import Envelope
from libs.contracts.vocabulary import Channel as ChannelKind
from services.delivery.domain.connection import Connection
from services.delivery.domain.mail_thread import MailThread
from services.delivery.domain.outcomes import Outcome, Refused
from services.delivery.domain.reply import Claim, Reply
from services.delivery.domain.verdict import Postponed, Released

Now = Callable[[], datetime]
#: Seconds of a clock that never goes back.
Clock = Callable[[], float]
NewId = Callable[[], str]
Pause = Callable[[float], Awaitable[None]]


class Place(Enum):
    """Where a new row came to stand."""

    CLAIMED = auto()
    HEAD = auto()
    BEHIND = auto()
    #: It is there already, and not ours to send now.
    KNOWN = auto()


@dataclass(frozen=True, slots=True)
class Release:
    """What came of releasing a row. `recorded` is false when it was no longer ours. `following` is the next
    row of its line, the head from now on: claimed, where that was asked for.
    """

    recorded: bool
    following: Reply | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """What came of adding a row, and the row as it is now where it is CLAIMED."""

    place: Place
    reply: Reply


class Ledger(Protocol):
    """The lines of all conversations. Every method may be repeated when its answer was lost."""

    async def add(self, reply: Reply, claim: Claim | None) -> Added:
        """Put a row at the end of its line; claimed at once when nothing is before it. A message that is in
        the ledger is not put there again; one that this very claim holds is CLAIMED.
        """
        ...

    async def add_again(self, reply: Reply) -> Added:
        """Put a released row at the end of its line once more, to go on after the parts that were accepted.
        A row that waits or is being sent, or was asked for later than this, stays as it is: KNOWN.
        """
        ...

    async def due(self, moment: datetime, *, but_not: Collection[str], limit: int) -> list[Reply]:
        """Heads to be looked at, the longest due first, but none of the connections `but_not`. Those in
        state `sending` have lapsed.
        """
        ...

    async def claim(self, message_id: str, claim: Claim, moment: datetime) -> Reply | None:
        """Take a pending head that is due; None when somebody else was faster."""
        ...

    async def progress(self, reply: Reply, provider_ids: tuple[str, ...], claim: Claim) -> bool:
        """Keep the parts that were accepted so far and renew the claim; whether it is still ours."""
        ...

    async def postpone(self, reply: Reply, verdict: Postponed) -> bool:
        """Give the claim up; the row stays at the head of its line."""
        ...

    async def release(
        self, reply: Reply, verdict: Released, event: Envelope, *, moment: datetime, following: Claim | None
    ) -> Release:
        """End the row and record its event, in one transaction; the next row becomes the head. Of a row that
        only sets a status nothing is told.
        """
        ...


class Connections(Protocol):
    """The channel connections."""

    async def find(self, connection_id: str) -> Connection | None:
        """A connection as it is, or was a moment ago."""
        ...

    async def look_up(self, connection_id: str) -> Connection | None:
        """A connection as it is now."""
        ...

    async def of_chatbot(
        self, account_id: str, chatbot_id: str, channel: ChannelKind
    ) -> Sequence[Connection]:
        """A chatbot's connections of a channel as they are now, the newest change first."""
        ...

    async def save(self, connection: Connection, event: Envelope, *, command_id: str) -> bool:
        """Store it and record the event, in one transaction; false when the command was done before."""
        ...

    async def break_off(self, connection: Connection, event: Envelope) -> bool:
        """Store that it does not work, unless it has been changed since; whether it was stored."""
        ...


class MailThreads(Protocol):
    """What the mails of a conversation answer."""

    async def of(self, conversation_id: str) -> MailThread:
        """The thread so far; an empty one for a conversation without mails."""
        ...

    async def keep(self, conversation_id: str, thread: MailThread, moment: datetime) -> None:
        """Keep it as it is now. One conversation's messages come one after the other."""
        ...


class Channel(Protocol):
    """One kind of platform."""

    async def send(self, reply: Reply, connection: Connection, progress: "Progress") -> Outcome:
        """Send a row, from the part after its `provider_ids` on. Calls `progress` with all the ids after each
        part but the last, and stops with what it raises. Raises nothing of its own.
        """
        ...

    async def connect(self, connection: Connection) -> "Mapping[str, Any] | Refused":
        """Make the platform ready for this connection; what it told about it, as settings. Never raises."""
        ...

    def complete(self, credentials: Mapping[str, str], known: Mapping[str, str]) -> Mapping[str, str] | None:
        """Credentials with what the platform's use needs besides; `known` are those of before. None when
        they are not usable.
        """
        ...


Progress = Callable[[tuple[str, ...]], Awaitable[None]]


class Seals(Protocol):
    """Opens and closes what only the gateway and this service may read."""

    def seal(self, plain: bytes, *, context: str) -> str:
        """Close."""
        ...

    def open(self, sealed: str, *, context: str) -> bytes:
        """Open. Raises PermanentError."""
        ...


class Log(Protocol):
    """Structured log: an event's name and fields, never what people wrote."""

    def info(self, event: str, **fields: Any) -> Any:
        """Worth knowing."""
        ...

    def warning(self, event: str, **fields: Any) -> Any:
        """Worth a look."""
        ...

    def error(self, event: str, **fields: Any) -> Any:
        """Something is wrong with this service."""
        ...


class Tally(Protocol):
    """Counts what came of messages."""

    def count(self, channel: str, outcome: str) -> None:
        """One message of a channel ended (or was postponed) so."""
        ...
