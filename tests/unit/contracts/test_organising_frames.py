"""What agents hear when a conversation is labelled; its contact hears nothing of it."""

from typing import Any

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import ConversationEvent
from libs.contracts.erasure import without_person
from libs.contracts.frames import frames_of
from libs.contracts.notes import NoteAdded, NoteDeleted
from libs.contracts.organising import ConversationLabelled, PriorityChanged
from libs.contracts.scheduling import ScheduledReplyChanged
from libs.contracts.snoozing import ConversationSnoozed, ConversationWoken, WakeReason
from libs.contracts.vocabulary import Priority
from tests.unit.contracts.test_frames import MOMENT, _conversation

SCHEDULED = {"scheduled_id": "s", "author_id": "ana", "send_at": MOMENT}
SCHEDULED_TOLD = {"scheduled_id": "s", "author_id": "ana", "send_at": "2025-11-20T14:00:00Z"}
BASE = {"conversation_id": "c-0001", "timestamp": "2025-11-20T14:00:00Z"}


@pytest.mark.parametrize(
    ("kind", "fields", "frame_type", "told"),
    [
        (ConversationLabelled, {"labels": ("vip",)}, "conversation:labelled", {"labels": ["vip"]}),
        (
            PriorityChanged,
            {"priority": Priority.HIGH, "former_priority": Priority.NONE},
            "conversation:priority",
            {"priority": "high"},
        ),
        (
            NoteAdded,
            {"note_id": "n"},
            "conversation:note_added",
            {"note_id": "n", "author": {"kind": "system", "id": "parley", "name": "Parley"}},
        ),
        (
            ConversationSnoozed,
            {"until": MOMENT},
            "conversation:snoozed",
            {"until": "2025-11-20T14:00:00Z"},
        ),
        (ConversationWoken, {"reason": WakeReason.DUE}, "conversation:woken", {"reason": "due"}),
        (
            ScheduledReplyChanged,
            SCHEDULED | {"state": "sent", "message_id": "m"},
            "conversation:scheduled_reply",
            SCHEDULED_TOLD | {"state": "sent", "message_id": "m"},
        ),
        (
            ScheduledReplyChanged,
            SCHEDULED | {"state": "failed", "error": "not_handed_off"},
            "conversation:error",
            SCHEDULED_TOLD | {"state": "failed", "message_id": None, "error": "not_handed_off"},
        ),
        (NoteDeleted, {"note_id": "n"}, "conversation:note_deleted", {"note_id": "n"}),
    ],
)
def test_those_who_may_see_it_hear_of_it(
    kind: type[ConversationEvent], fields: dict[str, Any], frame_type: str, told: dict[str, Any]
) -> None:
    event = kind(actor=SYSTEM, occurred_at=MOMENT, conversation=_conversation(), **fields)
    (frame,) = frames_of(event, 7)
    assert (frame.scope, frame.type, frame.fields) == ("account", frame_type, BASE | told)
    assert not frame.audience.visitor


def test_labels_are_erased_with_the_rest() -> None:
    event = ConversationLabelled(
        actor=SYSTEM,
        occurred_at=MOMENT,
        conversation=_conversation(),
        labels=("mira",),
        added_labels=("mira",),
    )
    assert "mira" not in str(without_person(event.model_dump(mode="json")))
