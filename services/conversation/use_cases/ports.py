"""What the use cases need from outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any, Protocol

from libs.contracts.ai import Turn
from libs.contracts.base import Command
from libs.contracts.conversation import ContactView, InboundRecorded, MessageView, Person, Transition
from libs.contracts.suggestions import SuggestionView
from libs.contracts.vocabulary import BotMode, Channel, DeliveryState, Status, TicketStatus
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.message import StoredMessage
from services.conversation.domain.policy import Visibility
from services.conversation.use_cases.assigning_ports import AssigningRecords
from services.conversation.use_cases.contact_ports import ContactRecords
from services.conversation.use_cases.directory_ports import DirectoryRecords
from services.conversation.use_cases.label_ports import LabelRecords
from services.conversation.use_cases.merge_ports import MergeRecords
from services.conversation.use_cases.note_ports import NoteRecords
from services.conversation.use_cases.read_mark_ports import ReadMarkRecords
from services.conversation.use_cases.receipt_ports import ReceiptRecords
from services.conversation.use_cases.rows import Row
from services.conversation.use_cases.schedule_ports import ScheduleRecords
from services.conversation.use_cases.template_ports import TemplateRecords
from services.conversation.use_cases.ticket_ports import TicketRecords

#: Makes a new id; each is unique and later ones sort behind earlier ones.
NewId = Callable[[], str]


@dataclass(frozen=True)
class Call:
    """The circumstances of one message: whose account, which message, when."""

    account_id: str
    command_id: str
    now: datetime


@dataclass(frozen=True)
class Chatbot:
    """An inbox with an AI. `department` is where its conversations belong."""

    id: str
    name: str
    mode: BotMode = BotMode.ANSWER
    instructions: str = ""
    department: str | None = None
    handoff_keywords: tuple[str, ...] = ()
    auto_suggest: bool = False


@dataclass(frozen=True)
class AnswerDeadline:
    """When the AI's time for a message is over. A conversation has one at most."""

    conversation_id: str
    message_id: str
    handoff_epoch: int
    due_at: datetime


class AlreadyRecordedError(Exception):
    """This delivery of the platform has been stored before. The transaction is void; the repeat is answered
    by RecordInboundMessage.again, in a new one.
    """


class Advance(Enum):
    """What became of a receipt."""

    ADVANCED = auto()
    KEPT = auto()
    UNKNOWN_MESSAGE = auto()


class Transaction(
    AssigningRecords,
    ContactRecords,
    DirectoryRecords,
    TicketRecords,
    NoteRecords,
    LabelRecords,
    MergeRecords,
    ReadMarkRecords,
    ScheduleRecords,
    TemplateRecords,
    ReceiptRecords,
    Protocol,
):
    """One account's records, read and changed together or not at all.

    Every method may raise TransientError; the whole is then tried again.
    """

    async def conversation(self, conversation_id: str) -> Conversation | None:
        """A conversation of this account."""

    async def conversation_of(self, connection_id: str, session_id: str) -> Conversation | None:
        """The conversation of a thread."""

    def check_version(self, conversation: Conversation) -> None:
        """Raise DomainError `conflict` when the command is about this conversation as it was before."""

    async def save(self, conversation: Conversation) -> None:
        """Keep it, with its pending events and transitions; takes the answer deadline back when its question
        is settled, and sets the timer that wakes it, or takes it back. Raises TransientError
        `conflict` when somebody else changed it since it was loaded.
        """

    async def add_message(self, message: StoredMessage) -> None:
        """Keep a new message. Raises AlreadyRecordedError for a delivery that was stored before."""

    async def recorded(self, connection_id: str, delivery_id: str) -> InboundRecorded | None:
        """What became of a delivery that was stored before."""

    async def message_by_external_id(self, conversation_id: str, external_id: str) -> str | None:
        """The id of the message that the platform knows by this id."""

    async def suggestion_sent_as(self, message_id: str) -> SuggestionView | None:
        """The suggestion that became this message, if one did."""

    async def turns(
        self, conversation_id: str, after: int, limit: int, *, merged: Sequence[str] = ()
    ) -> tuple[Turn, ...]:
        """The newest `limit` messages past the sequence `after`, the oldest first, without those that are
        only about another message. With those of the conversations `merged` into it, in the order of time.
        """

    async def advance_delivery(
        self,
        conversation_id: str,
        message_id: str,
        state: DeliveryState,
        *,
        error: str | None = None,
        external_ids: Sequence[str] = (),
    ) -> Advance:
        """Bring an outbound message's delivery state forward, never back. The platform's ids are kept in any
        case.
        """

    async def requeue(self, message: MessageView) -> None:
        """Keep that a message is queued again: the one way back from `failed` and `unknown`."""

    async def contact(self, connection_id: str, alias: str, name: str, new_id: NewId) -> ContactView:
        """The contact of an alias, made when there is none; a name that is not blank replaces the old one."""

    async def chatbot(self, chatbot_id: str) -> Chatbot | None:
        """A chatbot, possibly as it was some seconds ago."""

    async def put_chatbot(self, chatbot: Chatbot) -> None:
        """Keep a chatbot, new or not."""

    async def person(self, person_id: str) -> Person | None:
        """A person of this account."""

    async def put_person(self, person: Person) -> None:
        """Keep a person, new or not."""

    async def put_deadline(self, deadline: AnswerDeadline) -> None:
        """Set the conversation's answer deadline in place of its last one."""

    def send(
        self, command: Command, *, exchange: str, subject: str, expires_at: datetime | None = None
    ) -> None:
        """Have a command published once all this is kept. Its routing key is its type."""


@dataclass(frozen=True)
class ListFilter:
    """Which conversations a list is to show."""

    visibility: Visibility
    status: Status | None = None
    channel: Channel | None = None
    chatbot_id: str | None = None
    contact_id: str | None = None
    assignee_id: str | None = None
    department: str | None = None
    label: str | None = None
    #: Only what is put aside, or only what is not.
    snoozed: bool | None = None
    #: These alone: what a search has found.
    among: tuple[str, ...] | None = None
    #: Tickets alone, without those that are archived; `ticket_status` narrows them down.
    tickets_only: bool = False
    ticket_status: TicketStatus | None = None


@dataclass(frozen=True)
class Place:
    """A place in the list: behind the conversation of this time and id."""

    moment: datetime
    conversation_id: str


@dataclass(frozen=True)
class Window:
    """Which rows of the list: `size` of them, behind `skip` rows or behind `after`. `by` is the time they are
    sorted by: `updated_at` or `created_at`.
    """

    size: int
    skip: int = 0
    after: Place | None = None
    newest_first: bool = True
    by: str = "updated_at"


@dataclass(frozen=True)
class Thread:
    """A conversation with its newest messages and transitions, the oldest of them first."""

    conversation: Conversation
    messages: tuple[MessageView, ...] = field(default=())
    timeline: tuple[Transition, ...] = field(default=())
    more_before: bool = False
    #: Of a thread in which others stand, too: where in each the page before this one ends.
    bounds: Mapping[str, int] = field(default_factory=dict)


class Conversations(Protocol):
    """What can be read without changing anything; always of one account."""

    async def find(self, account_id: str, conversation_id: str) -> Conversation | None:
        """One conversation, without its messages."""

    async def thread(
        self,
        account_id: str,
        conversation_id: str,
        limit: int,
        before: int | None,
        bounds: Mapping[str, int] | None = None,
    ) -> Thread | None:
        """One conversation with at most `limit` messages before the sequence `before`, and its last
        transitions. Messages of conversations that were merged into it stand between its own by their time;
        `bounds`, from an earlier page, say where to go on in each, in place of `before`.
        """

    async def of_session(
        self, account_id: str, session_id: str, connection_id: str | None, limit: int
    ) -> Sequence[Conversation]:
        """Conversations of a session, on every connection unless one is named, the newest activity first."""

    async def rows(self, account_id: str, wanted: ListFilter, window: Window) -> Sequence[Row]:
        """A part of the list, by the window's time, then by id."""

    async def count(self, account_id: str, wanted: ListFilter, limit: int) -> int:
        """How many the list has; counting stops at `limit`, and a long list's figure may be seconds old."""

    async def events_after(
        self, account_id: str, conversation_id: str, after: int, limit: int
    ) -> Sequence[dict[str, Any]]:
        """Envelopes of a conversation's events past a sequence, the oldest first."""

    async def person(self, account_id: str, person_id: str) -> Person | None:
        """A person of the account."""
