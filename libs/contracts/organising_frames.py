"""The account frames of how people keep conversations in order: heard by those who may see them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from libs.contracts.conversation import ConversationEvent
from libs.contracts.merging import ConversationMerged, ConversationTookIn
from libs.contracts.notes import NoteAdded, NoteDeleted
from libs.contracts.organising import ConversationLabelled, PriorityChanged
from libs.contracts.scheduling import ScheduledReplyChanged, ScheduledState
from libs.contracts.snoozing import ConversationSnoozed, ConversationWoken

Fields = dict[str, Any]


def _labelled(event: Any, base: Fields) -> tuple[str, Fields]:
    return "conversation:labelled", base | {"labels": list(event.labels)}


def _priority(event: Any, base: Fields) -> tuple[str, Fields]:
    return "conversation:priority", base | {"priority": event.priority}


def _note_added(event: Any, base: Fields) -> tuple[str, Fields]:
    author = {"kind": event.actor.kind, "id": event.actor.id, "name": event.actor.name}
    return "conversation:note_added", base | {"note_id": event.note_id, "author": author}


def _note_deleted(event: Any, base: Fields) -> tuple[str, Fields]:
    return "conversation:note_deleted", base | {"note_id": event.note_id}


def _snoozed(event: Any, base: Fields) -> tuple[str, Fields]:
    return "conversation:snoozed", base | {"until": _stamp(event.until)}


def _woken(event: Any, base: Fields) -> tuple[str, Fields]:
    return "conversation:woken", base | {"reason": event.reason}


def _scheduled(event: Any, base: Fields) -> tuple[str, Fields]:
    fields = base | {
        "scheduled_id": event.scheduled_id,
        "author_id": event.author_id,
        "send_at": _stamp(event.send_at),
        "state": event.state,
        "message_id": event.message_id,
    }
    if event.state is ScheduledState.FAILED:
        return "conversation:error", fields | {"error": event.error}
    return "conversation:scheduled_reply", fields


def _merged(event: Any, base: Fields) -> tuple[str, Fields]:
    return "conversation:merged", base | {"into_conversation_id": event.into_conversation_id}


def _took_in(event: Any, base: Fields) -> tuple[str, Fields]:
    fields = {"merged_conversation_id": event.merged_conversation_id, "unread": event.unread}
    return "conversation:took_in", base | fields


def _stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


ORGANISING_FRAMES: dict[type[ConversationEvent], Callable[[Any, Fields], tuple[str, Fields] | None]] = {
    ConversationLabelled: _labelled,
    PriorityChanged: _priority,
    NoteAdded: _note_added,
    NoteDeleted: _note_deleted,
    ConversationSnoozed: _snoozed,
    ConversationWoken: _woken,
    ScheduledReplyChanged: _scheduled,
    ConversationMerged: _merged,
    ConversationTookIn: _took_in,
}
