"""The conversation: the only place that decides what may happen to it.

A method either raises DomainError and changes nothing, or changes the conversation, raises `version` by one
and leaves its events, numbered without gaps, in `pending`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from libs.contracts.base import Actor
from libs.contracts.conversation import (
    Attachment,
    ContactView,
    ConversationArchived,
    ConversationClosed,
    ConversationEvent,
    ConversationHandedOff,
    ConversationReopened,
    ConversationResolved,
    ConversationReturnedToAI,
    ConversationStarted,
    ConversationUnarchived,
    DeliveryRecorded,
    HandoffEnded,
    MessageView,
    Transition,
)
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.media import FilesStored
from libs.contracts.snoozing import WakeReason
from libs.contracts.tickets import FeedbackGiven
from libs.contracts.vocabulary import (
    SIDE_KINDS,
    ActorKind,
    Channel,
    DeliveryState,
    Direction,
    Feedback,
    HandoffReason,
    MessageKind,
    Role,
    Status,
)
from services.conversation.domain.assignment import AssignableConversation
from services.conversation.domain.conversation_state import Question
from services.conversation.domain.counting import facts_of_feedback
from services.conversation.domain.delivery_states import arrives
from services.conversation.domain.merging import MergingConversation
from services.conversation.domain.message import Draft, StoredMessage
from services.conversation.domain.noting import NotedConversation
from services.conversation.domain.organising import OrganisedConversation
from services.conversation.domain.retrying import RetryingConversation
from services.conversation.domain.scheduling import SchedulingConversation
from services.conversation.domain.status_machine import StatusCommand, target_of
from services.conversation.domain.tracing import TracedConversation

_BUTTONS: dict[Status, tuple[str, ...]] = {
    Status.HANDED_OFF: (StatusCommand.RETURN_TO_AI, StatusCommand.CLOSE),
    Status.CLOSED: (StatusCommand.REOPEN,),
}

_EVENTS: dict[StatusCommand, type[ConversationEvent]] = {
    StatusCommand.HAND_OFF: ConversationHandedOff,
    StatusCommand.RETURN_TO_AI: ConversationReturnedToAI,
    StatusCommand.RESOLVE: ConversationResolved,
    StatusCommand.CLOSE: ConversationClosed,
    StatusCommand.REOPEN: ConversationReopened,
    StatusCommand.ARCHIVE: ConversationArchived,
    StatusCommand.UNARCHIVE: ConversationUnarchived,
}

#: How long after a contact's message a platform takes free text; where it is not named, always.
FREE_REPLY = {Channel.WHATSAPP: timedelta(hours=24)}
_CHANGES = frozenset({MessageKind.EDIT, MessageKind.DELETE})

#: Events that say why.
_WITH_REASON = frozenset({StatusCommand.HAND_OFF, StatusCommand.ARCHIVE})
#: What is written before one of these is not part of the matter that follows: the AI gets no turns of it.
_SETTLING = frozenset({StatusCommand.HAND_OFF, StatusCommand.RESOLVE, StatusCommand.CLOSE})


@dataclass(kw_only=True)
class Conversation(
    AssignableConversation,
    TracedConversation,
    OrganisedConversation,
    NotedConversation,
    MergingConversation,
    SchedulingConversation,
    RetryingConversation,
):
    """A conversation with its rules."""

    # --- what may happen ------------------------------------------------------------------------------

    @property
    def can_reply(self) -> bool:
        """Whether people may reply now."""
        return self.status is Status.HANDED_OFF

    @property
    def status_buttons(self) -> tuple[str, ...]:
        """The status controls that a console shows."""
        return _BUTTONS.get(self.status, ())

    def would_change(self, command: StatusCommand, actor: Actor) -> bool:
        """Whether this actor's command would be carried out and change something."""
        try:
            return self._target(command, actor) is not self.status
        except DomainError:
            return False

    # --- status ---------------------------------------------------------------------------------------

    def change_status(
        self, command: StatusCommand, actor: Actor, at: datetime, *, reason: str | None = None
    ) -> bool:
        """Carry out a status command. False when it is so already, which changes nothing.

        Raises DomainError `invalid_transition`, or `forbidden` by a ticket's stricter rule.
        """
        if command is StatusCommand.HAND_OFF:
            return self.hand_off(actor, at, reason=reason or HandoffReason.REQUESTED_BY_AGENT)[0]
        target = self._target(command, actor)
        if target is self.status:
            return False
        self._move(command, target, actor, at, reason)
        self._changed(at)
        return True

    def hand_off(
        self,
        actor: Actor,
        at: datetime,
        *,
        reason: str,
        notice: Draft | None = None,
        about: Question | None = None,
        department: str | None = None,
    ) -> tuple[bool, tuple[StoredMessage, ...]]:
        """Give it to people. `notice`, what the contact is told, is recorded before. The AI says what its
        decision is `about` and is refused with `stale_answer` when that is over. `department` is whose it is
        from then on, if that changes.

        Returns whether anything changed, and the messages that were recorded.
        """
        if about is not None:
            self.check_fresh(about)
        target = self._target(StatusCommand.HAND_OFF, actor)
        if target is self.status:
            return False, ()
        told = (self._take_in(notice, Direction.OUTBOUND, actor),) if notice is not None else ()
        self.department = department or self.department
        self._move(StatusCommand.HAND_OFF, target, actor, at, reason)
        self._changed(at)
        return True, told

    def check_fresh(self, about: Question) -> None:
        """Raise DomainError `stale_answer` unless the AI still owes an answer to exactly this message."""
        if not self.awaits(about):
            raise DomainError(ErrorCode.STALE_ANSWER, "the answer comes too late", conversation_id=self.id)

    def awaits(self, about: Question) -> bool:
        """Whether the AI owes an answer to this message."""
        return (
            self.status is Status.ACTIVE
            and self.handoff_epoch == about.handoff_epoch
            and self.question is not None
            and self.question.message_id == about.message_id
        )

    def _target(self, command: StatusCommand, actor: Actor) -> Status:
        target = target_of(
            command,
            self.status,
            assigned=self.assignee_id is not None,
            before_archive=self.status_before_archive,
        )
        if self.requester_id is not None and target is not self.status:
            self._check_ticket(command, actor)
        return target

    def _check_ticket(self, command: StatusCommand, actor: Actor) -> None:
        """Only its requester resolves a ticket; only its assigned agent, or an admin, closes it, and only
        from `resolved`.
        """
        if command is StatusCommand.RESOLVE and actor.id != self.requester_id:
            raise DomainError(ErrorCode.FORBIDDEN, "a ticket is resolved by its requester")
        if command is StatusCommand.CLOSE:
            if actor.role is not Role.ADMIN and (self.assignee_id is None or actor.id != self.assignee_id):
                raise DomainError(ErrorCode.FORBIDDEN, "a ticket is closed by its assigned agent")
            if self.status is not Status.RESOLVED:
                raise DomainError(ErrorCode.INVALID_TRANSITION, "a ticket is closed after it was resolved")

    def _move(
        self, command: StatusCommand, target: Status, actor: Actor, at: datetime, reason: str | None
    ) -> None:
        source, self.status = self.status, target
        self._settle_question()
        self.status_before_archive = source if target is Status.ARCHIVED else None
        self._set_time(target, command, at)
        if command is StatusCommand.HAND_OFF:
            self.handoff_epoch += 1
            self.handoff_reason = reason
        ends = target is Status.ACTIVE and command in {StatusCommand.RETURN_TO_AI, StatusCommand.REOPEN}
        if ends:
            self.assignee_id = None
            self.handoff_reason = None
        self.pending.transitions.append(
            Transition(
                at=at,
                actor_kind=actor.kind,
                actor_id=actor.id,
                actor_name=actor.name,
                source=source,
                target=target,
                reason=reason,
            )
        )
        self._emit(_EVENTS[command], actor, at, **({"reason": reason} if command in _WITH_REASON else {}))
        if ends:
            self._emit(HandoffEnded, actor, at)
        if not self.is_open:
            self._end_snooze(WakeReason.SETTLED, actor, at)
        if command in _SETTLING:
            self.settled_at_sequence = self.sequence

    def _set_time(self, target: Status, command: StatusCommand, at: datetime) -> None:
        if command is StatusCommand.HAND_OFF:
            self.handed_off_at = at
        elif command is StatusCommand.RESOLVE:
            self.resolved_at = at
        elif command is StatusCommand.CLOSE:
            self.closed_at = at
        elif target is Status.ARCHIVED:
            self.archived_at = at

    # --- messages -------------------------------------------------------------------------------------

    @classmethod
    def start(
        cls,
        *,
        actor: Actor,
        at: datetime,
        id: str,  # noqa: A002 - the field's name
        **parts: Any,
    ) -> "Conversation":
        """A new thread."""
        conversation = cls(id=id, created_at=at, updated_at=at, **parts)
        if conversation.channel in FREE_REPLY:
            conversation.can_reply_until = at  # nobody has written yet
        conversation._emit(ConversationStarted, actor, at)
        conversation._changed(at)
        return conversation

    def receive(
        self, draft: Draft, actor: Actor, *, wants_answer: bool, automatic: bool = False
    ) -> StoredMessage:
        """Take in what the contact wrote; reopens what was settled, unless the message is only about
        another one, or a machine wrote it. `wants_answer`: the AI is to answer this one, if the conversation
        is its own.
        """
        aside = draft.kind in SIDE_KINDS
        if not aside and not automatic:
            self._end_snooze(WakeReason.CONTACT, actor, draft.at)
            self._reopen_for_contact(actor, draft.at)
        if (window := FREE_REPLY.get(self.channel)) and draft.kind not in _CHANGES:
            self.can_reply_until = draft.at + window
        message = self._take_in(draft, Direction.INBOUND, actor)
        if not aside:
            self.unread += 1
            if wants_answer and self.status is Status.ACTIVE:
                self.question = Question(draft.id, self.handoff_epoch, draft.external_id)
        self._changed(draft.at)
        return message

    def reply(self, draft: Draft, actor: Actor) -> StoredMessage:
        """Take in a person's reply. Raises DomainError `not_handed_off`."""
        if not self.can_reply:
            raise DomainError(
                ErrorCode.NOT_HANDED_OFF,
                "Can only reply to handed-off conversations.",
                conversation_id=self.id,
            )
        message = self._take_in(draft, Direction.OUTBOUND, actor)
        self.unread = 0
        self._changed(draft.at)
        return message

    def answer(self, draft: Draft, actor: Actor, about: Question) -> StoredMessage:
        """Take in the AI's answer. Raises DomainError `stale_answer`."""
        self.check_fresh(about)
        self._settle_question()
        message = self._take_in(draft, Direction.OUTBOUND, actor)
        self._changed(draft.at)
        return message

    def skip_answer(self, about: Question) -> None:
        """The message asks for nothing: the AI owes no answer any more. Raises DomainError `stale_answer`."""
        self.check_fresh(about)
        self._settle_question()
        self._changed(self.updated_at, aside=True)

    def record_delivery(
        self, message_id: str, state: DeliveryState, error: str | None, actor: Actor, at: datetime
    ) -> None:
        """Tell how far an outbound message got; that it advanced has been checked where it is stored."""
        if self.last_message is not None and self.last_message.id == message_id:
            self.last_message = self.last_message.model_copy(
                update={"delivery": state, "delivery_error": error}
            )
        self._emit(DeliveryRecorded, actor, at, message_id=message_id, state=state, error=error)
        self._changed(self.updated_at, aside=arrives(state))

    def record_feedback(self, message: MessageView, feedback: Feedback, actor: Actor, at: datetime) -> None:
        """Tell what somebody thinks of a message of the AI, as it was before; whose it is has been checked
        where it is kept.
        """
        if self.last_message is not None and self.last_message.id == message.id:
            self.last_message = self.last_message.model_copy(update={"feedback": feedback})
        self._emit(
            FeedbackGiven, actor, at, message_id=message.id, feedback=feedback, citations=message.citations
        )
        self.pending.facts += facts_of_feedback(message.feedback, feedback, at)
        self._changed(self.updated_at)

    def record_files(
        self, message_id: str, attachments: tuple[Attachment, ...], actor: Actor, at: datetime
    ) -> None:
        """Tell that a message's files can be read; which they are has been kept where messages are."""
        if self.last_message is not None and self.last_message.id == message_id:
            self.last_message = self.last_message.model_copy(update={"attachments": attachments})
        self.tell(FilesStored, actor, at, aside=True, message_id=message_id, attachments=attachments)

    def know_contact(self, contact: ContactView, target: str) -> None:
        """The contact's present name and address, as the newest inbound message has them."""
        self.contact = contact
        self.target = target

    def _reopen_for_contact(self, actor: Actor, at: datetime) -> None:
        if self.status is Status.RESOLVED:
            target = self._target(StatusCommand.REOPEN, actor)
        elif self.status in {Status.CLOSED, Status.ARCHIVED}:
            target = Status.ACTIVE
        else:
            return
        self._move(StatusCommand.REOPEN, target, actor, at, None)


def ai_actor(chatbot_id: str, chatbot_name: str) -> Actor:
    """The chatbot, as the one who did something."""
    return Actor(kind=ActorKind.AI, id=chatbot_id, name=chatbot_name)
