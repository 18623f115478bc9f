"""What statistics count, noted as it happens: one fact for each thing, at the time it is to count for."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil, log
from typing import Protocol

from libs.contracts.conversation import (
    ConversationClosed,
    ConversationEvent,
    ConversationHandedOff,
    ConversationReopened,
    ConversationResolved,
    ConversationStarted,
    MessageRecorded,
    MessageView,
)
from libs.contracts.suggestions import (
    SuggestionApproved,
    SuggestionEdited,
    SuggestionRecorded,
    SuggestionRejected,
)
from libs.contracts.vocabulary import SIDE_KINDS, DeliveryState, Direction, Feedback, SenderKind, Status

#: Times are counted in classes, each that much wider than the last: a class's middle is within 2.5 %.
STEP = 1.05
_DECISIONS: dict[type[ConversationEvent], tuple[str, ...]] = {
    SuggestionApproved: ("approved",),
    SuggestionEdited: ("edited",),
    SuggestionRejected: ("rejected",),
}


@dataclass(frozen=True)
class Fact:
    """`amount` of something, at a time."""

    at: datetime
    name: str
    amount: float = 1


class Counted(Protocol):
    """What a conversation remembers to be counted by.

    `unanswered_since`: when the contact began the turn that nobody has answered. `answered`: whether the
    contact ever was. `begun_at`: when it began or was last reopened, until it is settled. `by_people`:
    whether a person has had to do with it since.
    """

    status: Status
    unanswered_since: datetime | None
    answered: bool
    begun_at: datetime | None
    by_people: bool


def facts_of(counted: Counted, event: ConversationEvent) -> list[Fact]:
    """What an event counts for; brings up to date what the conversation remembers."""
    at = event.occurred_at
    names: tuple[str, ...] = ()
    match event:
        case MessageRecorded():
            return _of_message(counted, event.message, at)
        case ConversationResolved() | ConversationClosed():
            return _settled(counted, at)
        case SuggestionRecorded():
            return [Fact(at, "suggestions"), Fact(at, "confidence", event.suggestion.confidence)]
        case ConversationStarted():
            counted.begun_at = at
            names = ("started", "begun")
        case ConversationReopened():
            counted.begun_at = at
            counted.by_people = counted.status is Status.HANDED_OFF
            names = ("begun",)
        case ConversationHandedOff():
            counted.begun_at = counted.begun_at or at
            names = () if counted.by_people else ("handoffs",)
            counted.by_people = True
        case _:
            names = _DECISIONS.get(type(event), ())
    return [Fact(at, name) for name in names]


def facts_of_feedback(before: Feedback, feedback: Feedback, at: datetime) -> list[Fact]:
    """One opinion in place of another."""
    facts = [Fact(at, f"feedback_{before}", -1)] if before is not Feedback.NONE else []
    return facts + ([Fact(at, f"feedback_{feedback}")] if feedback is not Feedback.NONE else [])


def facts_of_delivery(before: DeliveryState, state: DeliveryState, at: datetime) -> list[Fact]:
    """How far a message got; what it must have passed on the way counts, too, even if nobody told."""
    way = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)
    if state is DeliveryState.FAILED:
        return [Fact(at, "delivery_failed")]
    if state not in way:
        return []
    undone = [Fact(at, "delivery_failed", -1)] if before is DeliveryState.FAILED else []
    start = way.index(before) + 1 if before in way else 0
    return undone + [Fact(at, f"delivery_{passed}") for passed in way[start : way.index(state) + 1]]


def class_of(seconds: float) -> int:
    """The class of a time; everything up to a second is in the first one."""
    return max(0, ceil(log(max(seconds, 1.0)) / log(STEP)))


def middle_of(number: int) -> float:
    """Seconds in the middle of a class."""
    return float(STEP ** (number - 0.5)) if number else 1.0


def _of_message(counted: Counted, message: MessageView, at: datetime) -> list[Fact]:
    if message.kind in SIDE_KINDS:
        return []
    if message.direction is Direction.INBOUND:
        if counted.unanswered_since is not None:
            return [Fact(at, "received")]
        counted.unanswered_since = at
        return [Fact(at, "received"), Fact(at, "turns")]
    if message.sender.kind is SenderKind.SYSTEM:
        return []
    facts = [Fact(at, "sent")]
    if message.sender.kind is not SenderKind.AI:
        counted.by_people = True
    since, counted.unanswered_since = counted.unanswered_since, None
    if since is not None:
        facts.append(Fact(since, "turns_answered"))
        if not counted.answered:
            facts.append(Fact(at, f"response_{class_of((at - since).total_seconds())}"))
            counted.answered = True
    return facts


def _settled(counted: Counted, at: datetime) -> list[Fact]:
    begun, counted.begun_at = counted.begun_at, None
    if begun is None:
        return []
    facts = [Fact(at, "settled"), Fact(at, f"resolution_{class_of((at - begun).total_seconds())}")]
    return facts if counted.by_people else [*facts, Fact(at, "bot_settled")]
