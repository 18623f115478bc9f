"""The ports of the conversation service in memory, with the same promises as the real ones."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

from libs.contracts.ai import Turn
from libs.contracts.base import Command
from libs.contracts.conversation import Attachment, InboundRecorded, MessageView, Person, Transition
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.errors import ErrorCode, TransientError
from libs.contracts.suggestions import SuggestionView
from libs.contracts.vocabulary import SIDE_KINDS, DeliveryState, Direction, Feedback, Status, TicketStatus
from services.conversation.domain.contact import Contact
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.conversation_state import Pending
from services.conversation.domain.counting import Fact
from services.conversation.domain.delivery_states import earlier_than
from services.conversation.domain.directory import Account
from services.conversation.domain.erasure import Erasure
from services.conversation.domain.message import StoredMessage
from services.conversation.domain.presence import PresenceLease
from services.conversation.domain.thread_pages import bounds_behind, newest_of
from services.conversation.domain.tickets import ticket_status
from services.conversation.domain.versions import check_unchanged
from services.conversation.domain.work import calls_for_assigning
from services.conversation.use_cases.assign_waiting import assign_soon
from services.conversation.use_cases.ports import (
    Advance,
    AlreadyRecordedError,
    AnswerDeadline,
    Chatbot,
    ListFilter,
    Thread,
    Transaction,
    Window,
)
from services.conversation.use_cases.rows import Row
from tests.unit.conversation.fake_assigning import InMemoryAssigningRecords, InMemoryPresence
from tests.unit.conversation.fake_contacts import InMemoryContactRecords, InMemoryContacts
from tests.unit.conversation.fake_directory import InMemoryDirectory, InMemoryDirectoryRecords
from tests.unit.conversation.fake_organising import (
    InMemoryOrganising,
    InMemoryOrganisingRecords,
    OrganisingShelf,
)
from tests.unit.conversation.fake_read_marks import InMemoryReadMarks
from tests.unit.conversation.fake_receipts import InMemoryReceiptRecords
from tests.unit.conversation.fake_searches import InMemorySearches

T = TypeVar("T")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Sent:
    """A command that was sent."""

    command: Command
    exchange: str
    subject: str
    expires_at: datetime | None


@dataclass
class Records:
    """Everything that is stored; keys begin with the account."""

    conversations: dict[tuple[str, str], Conversation] = field(default_factory=dict)
    messages: dict[tuple[str, str], StoredMessage] = field(default_factory=dict)
    transitions: dict[tuple[str, str], list[Transition]] = field(default_factory=dict)
    suggestions: dict[tuple[str, str], SuggestionView] = field(default_factory=dict)
    contacts: dict[tuple[str, str, str], Contact] = field(default_factory=dict)
    chatbots: dict[tuple[str, str], Chatbot] = field(default_factory=dict)
    people: dict[tuple[str, str], Person] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    deadlines: dict[tuple[str, str], AnswerDeadline] = field(default_factory=dict)
    events: list[Envelope] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    erasures: dict[tuple[str, str], Erasure] = field(default_factory=dict)
    loads: dict[tuple[str, str], int] = field(default_factory=dict)
    leases: dict[tuple[str, str, str], PresenceLease] = field(default_factory=dict)
    organising: OrganisingShelf = field(default_factory=OrganisingShelf)
    receipt_facts: list[Fact] = field(default_factory=list)
    #: What the next commands' sender has seen of the conversation.
    if_version: int | None = None
    now: datetime = EPOCH


class InMemoryStore:
    """Runs transactions: all of it or nothing."""

    def __init__(self) -> None:
        self.records = Records()
        self.conversations = InMemoryConversations(self)
        self.contacts = InMemoryContacts(self)
        self.directory = InMemoryDirectory(self)
        self.presence = InMemoryPresence(self)
        self.searches = InMemorySearches(self)
        self.organising = self.scheduled = self.templates = self.labels = InMemoryOrganising(self)

    async def transaction(self, account_id: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` and keep what it did unless it raises."""
        before = deepcopy(self.records)
        try:
            return await work(InMemoryTransaction(self.records, account_id))
        except BaseException:
            self.records = before
            raise

    async def deadline(self, account_id: str, conversation_id: str) -> AnswerDeadline | None:
        """The answer deadline of a conversation, for tests to look at."""
        return self.records.deadlines.get((account_id, conversation_id))


class InMemoryTransaction(
    InMemoryReadMarks,
    InMemoryAssigningRecords,
    InMemoryContactRecords,
    InMemoryDirectoryRecords,
    InMemoryOrganisingRecords,
    InMemoryReceiptRecords,
):
    """Implements the port Transaction."""

    def __init__(self, records: Records, account_id: str) -> None:
        self._records = records
        self._account_id = account_id

    async def conversation(self, conversation_id: str) -> Conversation | None:
        return deepcopy(self._records.conversations.get((self._account_id, conversation_id)))

    async def conversation_of(self, connection_id: str, session_id: str) -> Conversation | None:
        for (account_id, _), found in self._records.conversations.items():
            if (account_id, found.connection_id, found.session_id) == (
                self._account_id,
                connection_id,
                session_id,
            ):
                return deepcopy(found)
        return None

    def check_version(self, conversation: Conversation) -> None:
        check_unchanged(conversation, self._records.if_version)

    async def save(self, conversation: Conversation) -> None:
        await self.save_assigned(conversation, None)

    async def save_assigned(self, conversation: Conversation, limit: int | None) -> None:
        key = (self._account_id, conversation.id)
        stored = self._records.conversations.get(key)
        thread = await self.conversation_of(conversation.connection_id, conversation.session_id)
        taken = thread is not None and thread.id != conversation.id
        if taken or (stored.version if stored else 0) != conversation.stored_version:
            raise TransientError(ErrorCode.CONFLICT, "somebody else was faster")
        pending = conversation.pending
        self._records.transitions.setdefault(key, []).extend(pending.transitions)
        for suggestion in pending.suggestions:
            self._records.suggestions[self._account_id, suggestion.id] = suggestion
        if pending.question_settled and conversation.question is None:
            self._records.deadlines.pop(key, None)
        if pending.snooze_changed:
            await self.keep_snooze(conversation)
        for sequence, event in pending.events:
            self._records.events.append(
                wrap(
                    event,
                    id=f"event-{len(self._records.events)}",
                    source="fake",
                    time=event.occurred_at,
                    accountid=self._account_id,
                    subject=conversation.id,
                    sequence=sequence,
                )
            )
        self._records.conversations[key] = replace(
            deepcopy(conversation),
            stored_version=conversation.version,
            stored_work=conversation.work,
            pending=Pending(),
        )
        self.count_work(conversation, limit)
        if calls_for_assigning(conversation.stored_work, conversation.work):
            await assign_soon(self)

    async def add_message(self, message: StoredMessage) -> None:
        for (account_id, _), other in self._records.messages.items():
            same_place = (account_id, other.connection_id) == (self._account_id, message.connection_id)
            if same_place and message.delivery_id and other.delivery_id == message.delivery_id:
                raise AlreadyRecordedError
            here = (message.view.conversation_id, message.view.sequence)
            if (other.view.conversation_id, other.view.sequence) == here:
                raise TransientError(ErrorCode.CONFLICT, "somebody else was faster")
        self._records.messages[self._account_id, message.view.id] = message

    async def recorded(self, connection_id: str, delivery_id: str) -> InboundRecorded | None:
        for (account_id, _), message in self._records.messages.items():
            if (account_id, message.connection_id, message.delivery_id) == (
                self._account_id,
                connection_id,
                delivery_id,
            ):
                return InboundRecorded(
                    conversation_id=message.view.conversation_id, message_id=message.view.id
                )
        return None

    def _thread(self, conversation_id: str) -> list[StoredMessage]:
        found = [
            message
            for (account_id, _), message in self._records.messages.items()
            if account_id == self._account_id and message.view.conversation_id == conversation_id
        ]
        return sorted(found, key=lambda message: message.view.sequence)

    async def message_by_external_id(self, conversation_id: str, external_id: str) -> str | None:
        for message in self._thread(conversation_id):
            if external_id in message.external_ids:
                return message.view.id
        return None

    async def turns(
        self, conversation_id: str, after: int, limit: int, *, merged: Sequence[str] = ()
    ) -> tuple[Turn, ...]:
        views = [one.view for one in self._thread(conversation_id) if one.view.sequence > after]
        views += [one.view for other in merged for one in self._thread(other)]
        if merged:
            views.sort(key=lambda view: view.created_at)
        return tuple(
            Turn(message_id=view.id, role=view.sender.kind.value, text=view.content)
            for view in [one for one in views if one.kind not in SIDE_KINDS][-limit:]
        )

    async def advance_delivery(
        self,
        conversation_id: str,
        message_id: str,
        state: DeliveryState,
        *,
        error: str | None = None,
        external_ids: Sequence[str] = (),
    ) -> Advance:
        message = self._records.messages.get((self._account_id, message_id))
        if (
            message is None
            or message.view.conversation_id != conversation_id
            or message.view.direction is not Direction.OUTBOUND
        ):
            return Advance.UNKNOWN_MESSAGE
        new_ids = tuple(dict.fromkeys((*message.external_ids, *external_ids)))
        advances = message.view.delivery in earlier_than(state)
        view = message.view
        if advances:
            view = view.model_copy(update={"delivery": state, "delivery_error": error})
        self._records.messages[self._account_id, message_id] = replace(
            message, view=view, external_ids=new_ids
        )
        return Advance.ADVANCED if advances else Advance.KEPT

    async def requeue(self, message: MessageView) -> None:
        key = (self._account_id, message.id)
        fresh = {"delivery": DeliveryState.QUEUED, "delivery_error": None, "receipts": ()}
        view = message.model_copy(update=fresh)
        self._records.messages[key] = replace(self._records.messages[key], view=view)

    async def suggestion_sent_as(self, message_id: str) -> SuggestionView | None:
        found = [
            one
            for (account_id, _), one in self._records.suggestions.items()
            if account_id == self._account_id and one.sent_as == message_id
        ]
        return found[0] if found else None

    async def chatbot(self, chatbot_id: str) -> Chatbot | None:
        return self._records.chatbots.get((self._account_id, chatbot_id))

    async def put_chatbot(self, chatbot: Chatbot) -> None:
        self._records.chatbots[self._account_id, chatbot.id] = chatbot

    async def person(self, person_id: str) -> Person | None:
        return self._records.people.get((self._account_id, person_id))

    async def put_person(self, person: Person) -> None:
        self._records.people[self._account_id, person.id] = person

    async def chatbots_for(self, department: str) -> Sequence[str]:
        mine = [bot for (owner, _), bot in self._records.chatbots.items() if owner == self._account_id]
        for wanted in (department, None):
            found = [bot.id for bot in mine if bot.department == wanted]
            if found:
                return found[:2]
        return []

    async def message(self, conversation_id: str, message_id: str) -> MessageView | None:
        found = self._records.messages.get((self._account_id, message_id))
        return found.view if found and found.view.conversation_id == conversation_id else None

    async def set_attachments(
        self, conversation_id: str, message_id: str, attachments: Sequence[Attachment]
    ) -> None:
        if await self.message(conversation_id, message_id):
            key = (self._account_id, message_id)
            kept = self._records.messages[key]
            view = kept.view.model_copy(update={"attachments": tuple(attachments)})
            self._records.messages[key] = replace(kept, view=view)

    async def set_changed(self, message: MessageView) -> None:
        for key, kept in list(self._records.messages.items()):
            if kept.view.id == message.id:
                self._records.messages[key] = replace(kept, view=message)
            elif message.deleted_at and kept.view.reply_to == message.id and kept.view.kind == "edit":
                blank = kept.view.model_copy(update={"content": "", "attachments": ()})
                self._records.messages[key] = replace(kept, view=blank)

    async def set_feedback(self, conversation_id: str, message_id: str, feedback: Feedback) -> None:
        if await self.message(conversation_id, message_id):
            key = (self._account_id, message_id)
            kept = self._records.messages[key]
            view = kept.view.model_copy(update={"feedback": feedback})
            self._records.messages[key] = replace(kept, view=view)

    async def put_deadline(self, deadline: AnswerDeadline) -> None:
        self._records.deadlines[self._account_id, deadline.conversation_id] = deadline

    def send(
        self, command: Command, *, exchange: str, subject: str, expires_at: datetime | None = None
    ) -> None:
        self._records.sent.append(Sent(command, exchange, subject, expires_at))


class InMemoryConversations:
    """Implements the port Conversations."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    async def suggestion(
        self, account_id: str, conversation_id: str, suggestion_id: str
    ) -> SuggestionView | None:
        found = self._store.records.suggestions.get((account_id, suggestion_id))
        return found if found and found.conversation_id == conversation_id else None

    async def message(self, account_id: str, conversation_id: str, message_id: str) -> MessageView | None:
        found = self._store.records.messages.get((account_id, message_id))
        return found.view if found and found.view.conversation_id == conversation_id else None

    async def attachment(self, account_id: str, conversation_id: str, file_id: str) -> Attachment | None:
        for (owner, _), message in self._store.records.messages.items():
            if (owner, message.view.conversation_id) == (account_id, conversation_id):
                for one in message.view.attachments:
                    if one.file_id == file_id:
                        return one
        return None

    def _of_account(self, account_id: str) -> list[Conversation]:
        return [
            deepcopy(conversation)
            for (owner, _), conversation in self._store.records.conversations.items()
            if owner == account_id
        ]

    async def find(self, account_id: str, conversation_id: str) -> Conversation | None:
        return deepcopy(self._store.records.conversations.get((account_id, conversation_id)))

    async def thread(
        self,
        account_id: str,
        conversation_id: str,
        limit: int,
        before: int | None,
        bounds: Mapping[str, int] | None = None,
    ) -> Thread | None:
        conversation = await self.find(account_id, conversation_id)
        if conversation is None:
            return None
        given = dict(bounds or ({conversation_id: before} if before is not None else {}))
        ids = (conversation_id, *conversation.merged)
        parts = [self._before(account_id, one, given.get(one)) for one in ids]
        if before is not None and not bounds:
            later = [
                one.created_at for one in self._before(account_id, conversation_id, None)[len(parts[0]) :]
            ]
            parts[1:] = [
                [one for one in part if not later or one.created_at < later[0]] for part in parts[1:]
            ]
        shown = newest_of(parts, limit)
        timeline = self._store.records.transitions.get((account_id, conversation_id), [])
        return Thread(
            conversation,
            shown,
            tuple(timeline[-200:]),
            more_before=sum(len(part) for part in parts) > len(shown),
            bounds=bounds_behind(ids, shown, given) if conversation.merged else {},
        )

    def _before(self, account_id: str, conversation_id: str, bound: int | None) -> list[MessageView]:
        views = [
            message.view
            for (owner, _), message in self._store.records.messages.items()
            if owner == account_id and message.view.conversation_id == conversation_id
        ]
        earlier = [view for view in views if bound is None or view.sequence < bound]
        return sorted(earlier, key=lambda view: view.sequence)

    async def of_session(
        self, account_id: str, session_id: str, connection_id: str | None, limit: int
    ) -> Sequence[Conversation]:
        found = [
            conversation
            for conversation in self._of_account(account_id)
            if conversation.session_id == session_id and connection_id in {None, conversation.connection_id}
        ]
        return sorted(found, key=lambda one: one.updated_at, reverse=True)[:limit]

    async def rows(self, account_id: str, wanted: ListFilter, window: Window) -> Sequence[Row]:
        found = [one for one in self._of_account(account_id) if _wanted(one, wanted)]
        by = window.by
        found.sort(key=lambda one: _place(one, by), reverse=window.newest_first)
        if window.after:
            place = (window.after.moment, window.after.conversation_id)
            if window.newest_first:
                found = [one for one in found if _place(one, by) < place]
            else:
                found = [one for one in found if _place(one, by) > place]
        return [Row(one) for one in found[window.skip : window.skip + window.size]]

    async def count(self, account_id: str, wanted: ListFilter, limit: int) -> int:
        return min(limit, sum(_wanted(one, wanted) for one in self._of_account(account_id)))

    async def events_after(
        self, account_id: str, conversation_id: str, after: int, limit: int
    ) -> Sequence[dict[str, Any]]:
        found = [
            envelope.model_dump(mode="json", exclude_none=True)
            for envelope in self._store.records.events
            if envelope.accountid == account_id
            and envelope.subject == conversation_id
            and (envelope.sequence or 0) > after
        ]
        return found[:limit]

    async def person(self, account_id: str, person_id: str) -> Person | None:
        return self._store.records.people.get((account_id, person_id))


def _place(conversation: Conversation, by: str) -> tuple[datetime, str]:
    return getattr(conversation, by), conversation.id


def _wanted_ticket(conversation: Conversation, wanted: TicketStatus | None) -> bool:
    if conversation.requester_id is None or conversation.status is Status.ARCHIVED:
        return False
    stands = ticket_status(
        conversation.status, department=conversation.department, assignee_id=conversation.assignee_id
    )
    return wanted in {None, stands}


def _wanted(conversation: Conversation, wanted: ListFilter) -> bool:
    return (
        not conversation.is_merged
        and wanted.visibility.allows(
            conversation.department, conversation.assignee_id, conversation.requester_id
        )
        and (not wanted.tickets_only or _wanted_ticket(conversation, wanted.ticket_status))
        and wanted.status in {None, conversation.status}
        and wanted.channel in {None, conversation.channel}
        and wanted.chatbot_id in {None, conversation.chatbot_id}
        and wanted.contact_id in {None, conversation.contact.id}
        and wanted.assignee_id in {None, conversation.assignee_id}
        and wanted.department in {None, conversation.department}
        and wanted.label in {None, *conversation.labels}
        and wanted.snoozed in {None, conversation.snoozed_until is not None}
        and (wanted.among is None or conversation.id in wanted.among)
    )


def counting_ids(prefix: str = "id") -> Callable[[], str]:
    """Ids that are made in order: `id-000001`, `id-000002`, …"""
    numbers = count(1)
    return lambda: f"{prefix}-{next(numbers):06d}"
