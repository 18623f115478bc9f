"""What the use cases need from outside, as small as they need it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from libs.contracts.base import Command, Fault
from libs.contracts.conversation import (
    EventPage,
    FoundConversation,
    Person,
    RecordInboundMessage,
)
from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.frames import Frame
from libs.contracts.inbound import MatchReceipt, MoveThread, TakeOverThread
from libs.contracts.notify import FramePage
from libs.contracts.platform_console import FollowThreadStatus, RecordConsoleReply
from libs.contracts.read_marks import Receipt
from libs.contracts.reading import ConversationThread, GetConversation, ListConversations
from services.gateway.domain.callers import PersonCaller, VisitorCaller
from services.gateway.domain.refresh_tokens import Family
from services.gateway.domain.topics import Room

Now = Callable[[], datetime]
NewId = Callable[[], str]


class DeriveId(Protocol):
    """The same parts give the same id, on whichever replica."""

    def __call__(self, *parts: str) -> str:
        """The id of these parts."""
        ...


# --- log-in ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Credential:
    """What a person logs in with. `email` is lower-cased; `set_at` is when the command was given."""

    person_id: str
    account_id: str
    email: str
    password_hash: str
    set_at: datetime


class Credentials(Protocol):
    """Passwords' hashes by email address."""

    async def find(self, email: str) -> Credential | None:
        """The credential of an address."""
        ...

    async def set(self, credential: Credential) -> bool:
        """Keep it, unless a newer one is there. True when the password is another one than before.

        Raises DomainError `conflict` when the address belongs to somebody else.
        """
        ...

    async def readdress(self, person_id: str, account_id: str, email: str) -> str | None:
        """Have a person log in with another address; the former one, or None for somebody who has no
        credential. Raises DomainError `conflict` when the address belongs to somebody else.
        """
        ...

    async def remove(self, person_id: str, account_id: str) -> bool:
        """Forget a person's credential; whether there was one."""
        ...


class Families(Protocol):
    """Refresh tokens by family."""

    async def start(self, family: Family) -> None:
        """Remember a new log-in."""
        ...

    async def find(self, family_id: str) -> Family | None:
        """A log-in by its id."""
        ...

    async def rotate(self, family: Family, *, presented: str) -> bool:
        """Replace the current secret `presented` by `family.current`, all at once; False when it is not the
        current one any more, or the family is revoked or expired.
        """
        ...

    async def revoke(self, family_id: str) -> None:
        """Make all its tokens worthless."""
        ...

    async def revoke_person(self, person_id: str, account_id: str) -> Sequence[str]:
        """The same for every log-in of a person of an account; those that had not ended before."""
        ...

    async def revoked_since(self, moment: datetime) -> Sequence[str]:
        """Log-ins that were ended after a moment."""
        ...


class Announce(Protocol):
    """Tells every replica that log-ins have ended."""

    async def __call__(self, session_ids: Sequence[str]) -> None:
        """Tell them, as far as they can be reached."""
        ...


class Passwords(Protocol):
    """Makes hashes of passwords, and checks passwords against them."""

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether they belong together. None costs the same time and is always False."""
        ...

    async def hash(self, password: str) -> str:
        """What is stored of a password."""
        ...


class Tokens(Protocol):
    """Access tokens and widget sessions. The readers raise DomainError `unauthenticated`."""

    def for_person(self, caller: PersonCaller, *, issued_at: datetime) -> str:
        """An access token."""
        ...

    def for_visitor(self, caller: VisitorCaller, *, issued_at: datetime) -> str:
        """A widget session."""
        ...

    def read_person(self, token: str, *, ended_too: bool = False) -> PersonCaller:
        """Who holds an access token; with `ended_too` also when its log-in has ended."""
        ...

    def read_visitor(self, token: str, *, expired_for: float = 0.0) -> VisitorCaller:
        """`expired_for` is how many seconds ago the session may have ended."""
        ...


# --- other services -------------------------------------------------------------------------------------


class People(Protocol):
    """The directory of persons. None for one who is not there (any more)."""

    async def find(self, person_id: str, account_id: str) -> Person | None:
        """A person of an account."""
        ...


class Connections(Protocol):
    """Channel connections with the secrets of their webhooks."""

    async def find(self, connection_id: str) -> ConnectionSecrets | None:
        """A connection by its id. Raises TransientError when nobody can tell."""
        ...

    async def of_number(self, account_id: str, number: str) -> ConnectionSecrets | None:
        """The account's connection of a WhatsApp number (its phone number id). Raises TransientError."""
        ...


#: What is about a thread, whether a conversation is known by it or not.
ThreadCommand = MoveThread | TakeOverThread | FollowThreadStatus | RecordConsoleReply


class InboundMessages(Protocol):
    """The way of inbound messages into the broker. Each call returns when the broker has confirmed, and
    raises TransientError when it has not.
    """

    async def record(self, command: RecordInboundMessage, *, id: str, account_id: str) -> None:  # noqa: A002 - the envelope's attribute
        """To the partition of its thread."""
        ...

    async def acknowledge(self, command: Receipt, *, id: str, account_id: str) -> None:  # noqa: A002 - the envelope's attribute
        """To the partition of its conversation."""
        ...

    async def receipt(self, command: MatchReceipt, *, id: str, account_id: str) -> None:  # noqa: A002 - the envelope's attribute
        """To where its message is found."""
        ...

    async def about_thread(
        self,
        command: ThreadCommand,
        *,
        id: str,  # noqa: A002 - the envelope's attribute
        account_id: str,
    ) -> None:
        """To the partition of its thread."""
        ...

    async def park(self, *, id: str, connection: ConnectionSecrets, reason: str, body: str) -> None:  # noqa: A002 - the envelope's attribute
        """Keep an authentic body that nobody can interpret."""
        ...


class ConversationCommands(Protocol):
    """Commands about a conversation, carried out while the caller waits."""

    async def carry_out(
        self,
        command: Command,
        *,
        conversation_id: str,
        account_id: str,
        id: str,  # noqa: A002 - the envelope's attribute
        if_version: int | None = None,
    ) -> dict[str, Any]:
        """The command's result. DomainError as answered; `not_found` for an id that cannot be one;
        `conflict` when the conversation is not at `if_version`; TransientError `unavailable` (not accepted)
        or `outcome_unknown` (no answer yet).
        """
        ...

    async def carry_out_in_thread(
        self,
        command: Command,
        *,
        connection_id: str,
        session_id: str,
        account_id: str,
        id: str,  # noqa: A002 - the envelope's attribute
    ) -> dict[str, Any]:
        """The same for a command about a thread that may have no conversation yet."""
        ...

    async def carry_out_for_account(
        self,
        command: Command,
        *,
        account_id: str,
        id: str,  # noqa: A002 - the envelope's attribute
    ) -> dict[str, Any]:
        """The same for a command about the account, but no conversation."""
        ...


class Conversations(Protocol):
    """What the conversation service tells."""

    async def list(self, query: ListConversations, *, account_id: str) -> bytes:
        """A ConversationPage, as JSON."""
        ...

    async def thread(self, query: GetConversation, *, account_id: str) -> ConversationThread:
        """A thread; DomainError `not_found` for what may not be seen."""
        ...

    async def find_for_person(
        self, person: Person, *, session_id: str | None = None, conversation_id: str | None = None
    ) -> FoundConversation:
        """A conversation that the person may see, by one of the two ids."""
        ...

    async def find_for_visitor(self, visitor: VisitorCaller) -> FoundConversation:
        """The visitor's own conversation."""
        ...

    async def events_after(
        self, conversation_id: str, *, account_id: str, after: int, limit: int
    ) -> EventPage:
        """Events of a conversation with higher sequences, the oldest first."""
        ...


class AccountFrames(Protocol):
    """The numbered frames of account topics."""

    async def after(self, account_id: str, after: int, limit: int) -> FramePage:
        """Frames with higher numbers, the oldest first."""
        ...


# --- answers given once ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered: a body, or the rule that said no."""

    body: dict[str, Any] | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What is known of a request: the digest of its body, and its answer when it has one."""

    fingerprint: str
    answer: Answer | None = None


class Answers(Protocol):
    """Requests with an Idempotency-Key, for a day."""

    async def begin(self, request_id: str, fingerprint: str) -> KeptAnswer:
        """What is known of this request; a new one is remembered with its fingerprint."""
        ...

    async def finish(self, request_id: str, answer: Answer) -> Answer:
        """Keep the answer. The first one kept is the answer, whoever gave it."""
        ...


# --- real time ------------------------------------------------------------------------------------------


class Sink(Protocol):
    """One socket's way out."""

    def offer(self, text: str) -> None:
        """Queue a frame; a socket whose queue is full is cut."""
        ...

    async def send(self, text: str) -> None:
        """Queue a frame, waiting for room."""
        ...

    def cut(self, code: int, reason: str) -> None:
        """Close it now."""
        ...


@dataclass(frozen=True, slots=True)
class Gap:
    """Frames that were missed, in order. `complete` is False when older ones are not to be had any more, or
    are too many; `last` is the newest number given out, where that is known.
    """

    frames: Sequence[Frame] = ()
    complete: bool = True
    last: int = 0


class Gaps(Protocol):
    """Frames that were published before, by query."""

    async def read(self, room: Room, *, after: int, upto: int | None = None) -> Gap:
        """Frames numbered above `after`, not above `upto`."""
        ...
