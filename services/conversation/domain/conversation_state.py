"""What a conversation is made of, and how it keeps count of what happens to it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from libs.contracts.base import Actor
from libs.contracts.conversation import (
    ContactView,
    ConversationEvent,
    ConversationRef,
    MessageRecorded,
    MessageView,
    Transition,
)
from libs.contracts.message_changes import MessageChange, MessageChanged
from libs.contracts.suggestions import SuggestionView
from libs.contracts.vocabulary import (
    SIDE_KINDS,
    Channel,
    DeliveryState,
    Direction,
    Priority,
    SenderKind,
    Status,
)
from services.conversation.domain.counting import Fact, facts_of
from services.conversation.domain.message import Draft, StoredMessage
from services.conversation.domain.work import NO_WORK, Work, work_of

#: Channels whose platform names a message, or a thread, by ids that say nothing of the conversation.
TRACED = frozenset({Channel.WHATSAPP, Channel.EMAIL, Channel.CHATWOOT})

#: Characters of the last message that lists show; the thread has the whole of it.
PREVIEW = 500


@dataclass(frozen=True)
class Question:
    """The inbound message that the AI is to answer, in the handoff epoch in which it came."""

    message_id: str
    handoff_epoch: int
    external_id: str | None = None


@dataclass
class Pending:
    """What a conversation has done since it was loaded."""

    events: list[tuple[int, ConversationEvent]] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    #: Suggestions as they are now, the last change of each.
    suggestions: list[SuggestionView] = field(default_factory=list)
    #: The AI owes no answer any more: its deadline can go.
    question_settled: bool = False
    #: What statistics are to count.
    facts: list[Fact] = field(default_factory=list)
    #: It is put aside, to another time, or not any more.
    snooze_changed: bool = False


@dataclass(kw_only=True)
class ConversationState:
    """A thread with one contact on one connection.

    `contact_alias` is the contact's stable id on the channel. `requester_id` is set on tickets alone.
    `question` is the newest inbound message that the AI still owes an answer. `settled_at_sequence` is the
    sequence of the last handoff, resolve or close. `suggestion` is the pending one, `drafting` the AI's
    request for the next. The four times say when it last became so; the next four are what statistics
    remember (domain/counting.py).
    `revision` is the version of the last change that somebody may decide by: `If-Match` goes by it.
    `stored_version` and `stored_work` are what the store has, 0 and none for a new one.
    """

    id: str
    account_id: str
    chatbot_id: str
    chatbot_name: str
    connection_id: str
    channel: Channel
    session_id: str
    target: str
    contact: ContactView
    contact_alias: str
    created_at: datetime
    updated_at: datetime
    status: Status = Status.ACTIVE
    department: str | None = None
    assignee_id: str | None = None
    requester_id: str | None = None
    subject: str | None = None
    further_sessions: tuple[str, ...] = ()
    handoff_epoch: int = 0
    handoff_reason: str | None = None
    version: int = 0
    revision: int = 0
    sequence: int = 0
    labels: tuple[str, ...] = ()
    priority: Priority = Priority.NONE
    note_count: int = 0
    snoozed_until: datetime | None = None
    scheduled_count: int = 0
    unread: int = 0
    message_count: int = 0
    last_message: MessageView | None = None
    question: Question | None = None
    settled_at_sequence: int = 0
    suggestion: SuggestionView | None = None
    drafting: str | None = None
    status_before_archive: Status | None = None
    can_reply_until: datetime | None = None
    handed_off_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    archived_at: datetime | None = None
    unanswered_since: datetime | None = None
    answered: bool = False
    begun_at: datetime | None = None
    by_people: bool = False
    #: Which conversation this is part of.
    merged_into: str | None = None
    stored_version: int = 0
    stored_work: Work = NO_WORK
    pending: Pending = field(default_factory=Pending)

    @property
    def is_merged(self) -> bool:
        """Whether it is part of another one now."""
        return self.merged_into is not None

    @property
    def work(self) -> Work:
        """Whose work it is now, and where it waits."""
        return work_of(self.status, self.department, self.assignee_id)

    def ref(self) -> ConversationRef:
        """What events say about it."""
        return ConversationRef(
            id=self.id,
            account_id=self.account_id,
            chatbot_id=self.chatbot_id,
            chatbot_name=self.chatbot_name,
            connection_id=self.connection_id,
            channel=self.channel,
            session_id=self.session_id,
            target=self.target,
            contact=self.contact,
            status=self.status,
            department=self.department,
            assignee_id=self.assignee_id,
            requester_id=self.requester_id,
            handoff_epoch=self.handoff_epoch,
            can_reply_until=self.can_reply_until,
        )

    def rename_contact(self, contact: ContactView) -> None:
        """The contact under another name; no activity, so that it keeps its place in lists."""
        self.contact = contact
        self._changed(self.updated_at)

    def tell(
        self, kind: type[ConversationEvent], actor: Actor, at: datetime, *, aside: bool = False, **fields: Any
    ) -> None:
        """Say that something became of it which is no activity, so that it keeps its place in lists."""
        self._emit(kind, actor, at, **fields)
        self._changed(self.updated_at, aside=aside)

    def send_out(self, draft: Draft, actor: Actor) -> StoredMessage:
        """Take in what a person writes to the contact; that they may has been decided before."""
        message = self._take_in(draft, Direction.OUTBOUND, actor)
        self.unread = 0
        self._changed(draft.at)
        return message

    def tell_change(self, message: MessageView, change: MessageChange, actor: Actor, at: datetime) -> None:
        """Say that a message is another now; that it has changed has been found where it is kept."""
        if self.last_message is not None and self.last_message.id == message.id:
            self.last_message = _preview(message)
        self.tell(MessageChanged, actor, at, message=message, change=change)

    def _take_in(self, draft: Draft, direction: Direction, actor: Actor) -> StoredMessage:
        outbound = direction is Direction.OUTBOUND
        view = MessageView(
            id=draft.id,
            conversation_id=self.id,
            sequence=self.sequence + 1,
            direction=direction,
            sender=draft.sender,
            kind=draft.kind,
            content=draft.content,
            attachments=draft.attachments,
            citations=draft.citations,
            is_ai=draft.is_ai or draft.sender.kind is SenderKind.AI,
            confidence=draft.confidence,
            delivery=_delivery_of(draft) if outbound else None,
            reply_to=draft.reply_to,
            client_message_id=draft.client_message_id,
            subject=draft.subject,
            body_html=draft.body_html,
            template=draft.template,
            payload=draft.payload,
            forwarded=draft.forwarded,
            sent_at=draft.sent_at,
            person_option=draft.person_option,
            created_at=draft.at,
        )
        self._emit(
            MessageRecorded,
            actor,
            draft.at,
            message=view,
            reply_to_external=draft.reply_to_external,
            external_id=draft.external_id,
            other_ids=draft.other_ids,
        )
        self.message_count += 1
        if draft.kind not in SIDE_KINDS:
            self.last_message = _preview(view)
        return StoredMessage(
            view=view,
            connection_id=self.connection_id,
            external_ids=(*((draft.external_id,) if draft.external_id else ()), *draft.other_ids),
            delivery_id=draft.delivery_id,
            unsupported=draft.unsupported,
            traced=self.channel in TRACED,
        )

    def _emit(self, kind: type[ConversationEvent], actor: Actor, at: datetime, **fields: Any) -> None:
        self.sequence += 1
        event = kind(actor=actor, occurred_at=at, conversation=self.ref(), **fields)
        self.pending.events.append((self.sequence, event))
        self.pending.facts += facts_of(self, event)

    def _changed(self, at: datetime, *, aside: bool = False) -> None:
        """`aside`: nothing that somebody would decide by is another now (a receipt came, somebody read)."""
        self.version += 1
        if not aside:
            self.revision = self.version
        self.updated_at = at

    def _settle_question(self) -> None:
        if self.question is not None:
            self.question = None
            self.pending.question_settled = True


def _delivery_of(draft: Draft) -> DeliveryState:
    return DeliveryState.SENT if draft.already_out else DeliveryState.QUEUED


def _preview(view: MessageView) -> MessageView:
    if len(view.content) <= PREVIEW and not view.citations and view.body_html is None:
        return view
    cut = {"content": view.content[:PREVIEW], "citations": (), "body_html": None}
    return view.model_copy(update=cut)
