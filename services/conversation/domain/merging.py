"""A conversation becomes part of another one, for good.

Its messages, suggestions and transitions stay under its id, where the receipts of what is under way still
find them; what people work with (unread messages, labels, notes, what waits to be sent) goes over.
"""

from dataclasses import dataclass
from datetime import datetime

from libs.contracts.base import Actor
from libs.contracts.conversation import MOST_LABELS, MOST_MERGED, MessageView, Transition
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.merging import ConversationMerged, ConversationTookIn
from libs.contracts.snoozing import WakeReason
from libs.contracts.suggestions import SuggestionStatus, SuggestionSuperseded
from libs.contracts.vocabulary import Priority, Status
from services.conversation.domain.counting import Fact
from services.conversation.domain.snoozing import SnoozingConversation

_URGENCY = list(Priority)


@dataclass(kw_only=True)
class MergingConversation(SnoozingConversation):
    """What can be done about two conversations that are one matter. `merged`: those that are part of this
    one. `further_aliases`: what the contact is called on the channel in what was merged into it.
    """

    merged: tuple[str, ...] = ()
    further_aliases: tuple[str, ...] = ()

    def check_merge(self, into: "MergingConversation") -> None:
        """Raise DomainError `invalid` or `invalid_transition` unless this can become part of `into`.

        Only what goes to the same person over the same connection: a reply goes to one address.
        """
        if self.id == into.id:
            raise _invalid(self.id, "a conversation cannot be merged with itself")
        if self.connection_id != into.connection_id:
            raise _invalid(self.id, "only conversations of one channel connection can be merged")
        if self.requester_id != into.requester_id:
            raise _invalid(self.id, "only tickets of one requester can be merged")
        if self.contact.id != into.contact.id:
            raise _invalid(self.id, "only conversations with one contact can be merged: merge contacts first")
        if len(into.merged) + len(self.merged) + 1 > MOST_MERGED:
            raise _invalid(self.id, f"at most {MOST_MERGED} conversations become one")
        if not into.is_open:
            raise DomainError(
                ErrorCode.INVALID_TRANSITION,
                f"nothing is merged into a conversation that is {into.status}",
                conversation_id=into.id,
            )

    def take_in(self, other: "MergingConversation", actor: Actor, at: datetime) -> None:
        """Have what the other one has; to be called before `become_part_of`. That it may be was checked."""
        self._count_once(other)
        self.merged = (*self.merged, other.id, *other.merged)
        names = (*self.further_aliases, other.contact_alias, *other.further_aliases)
        self.further_aliases = tuple(dict.fromkeys(names))
        self.labels = tuple(sorted({*self.labels, *other.labels})[:MOST_LABELS])
        self.priority = max(self.priority, other.priority, key=_URGENCY.index)
        self.unread += other.unread
        self.message_count += other.message_count
        self.note_count += other.note_count
        self.scheduled_count += other.scheduled_count
        self.last_message = _newer(self.last_message, other.last_message)
        if self.can_reply_until is not None and other.can_reply_until is not None:
            self.can_reply_until = max(self.can_reply_until, other.can_reply_until)
        self._note_transition(self.status, f"merged from {other.id}", actor, at)
        self._emit(
            ConversationTookIn,
            actor,
            at,
            merged_conversation_id=other.id,
            message_count=other.message_count,
            unread=other.unread,
        )
        self._changed(at)

    def become_part_of(self, into: "MergingConversation", actor: Actor, at: datetime) -> None:
        """Be out of sight, with nothing left to do here."""
        self._settle_question()
        self.drafting = None
        self._decide(SuggestionStatus.SUPERSEDED, SuggestionSuperseded, actor, at)
        self._end_snooze(WakeReason.SETTLED, actor, at)
        if self.status is not Status.ARCHIVED:
            self._note_transition(Status.ARCHIVED, f"merged into {into.id}", actor, at)
            self.status_before_archive, self.status = self.status, Status.ARCHIVED
        self.archived_at = at
        self.merged_into = into.id
        # Whoever sees the other one sees this one.
        self.department, self.assignee_id = into.department, None
        self.labels, self.merged = (), ()
        self.unread = self.note_count = self.scheduled_count = 0
        self.unanswered_since = self.begun_at = None
        self._emit(ConversationMerged, actor, at, into_conversation_id=into.id)
        self._changed(at)

    def _count_once(self, other: "MergingConversation") -> None:
        """What is open in both is one turn, and one matter, from here on."""
        for name, counted in (("unanswered_since", "turns"), ("begun_at", "begun")):
            ours, theirs = getattr(self, name), getattr(other, name)
            if ours is not None and theirs is not None:
                self.pending.facts.append(Fact(max(ours, theirs), counted, -1))
            found = [one for one in (ours, theirs) if one is not None]
            setattr(self, name, min(found) if found else None)
        self.answered = self.answered or other.answered
        self.by_people = self.by_people or other.by_people

    def _note_transition(self, target: Status, reason: str, actor: Actor, at: datetime) -> None:
        self.pending.transitions.append(
            Transition(
                at=at,
                actor_kind=actor.kind,
                actor_id=actor.id,
                actor_name=actor.name,
                source=self.status,
                target=target,
                reason=reason,
            )
        )


def _newer(one: MessageView | None, other: MessageView | None) -> MessageView | None:
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda message: message.created_at)


def _invalid(conversation_id: str, detail: str) -> DomainError:
    return DomainError(ErrorCode.INVALID, detail, conversation_id=conversation_id)
