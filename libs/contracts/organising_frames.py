"""The account frames of how people keep conversations in order: heard by those who may see them."""

from collections.abc import Callable
from typing import Any

from libs.contracts.conversation import ConversationEvent
from libs.contracts.notes import NoteAdded, NoteDeleted
from libs.contracts.organising import ConversationLabelled, PriorityChanged

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


ORGANISING_FRAMES: dict[type[ConversationEvent], Callable[[Any, Fields], tuple[str, Fields] | None]] = {
    ConversationLabelled: _labelled,
    PriorityChanged: _priority,
    NoteAdded: _note_added,
    NoteDeleted: _note_deleted,
}
