"""The account frames of how people keep conversations in order: heard by those who may see them."""

from collections.abc import Callable
from typing import Any

from libs.contracts.conversation import ConversationEvent
from libs.contracts.organising import ConversationLabelled, PriorityChanged

Fields = dict[str, Any]


def _labelled(event: Any, base: Fields) -> tuple[str, Fields]:
    return "conversation:labelled", base | {"labels": list(event.labels)}


def _priority(event: Any, base: Fields) -> tuple[str, Fields]:
    return "conversation:priority", base | {"priority": event.priority}


ORGANISING_FRAMES: dict[type[ConversationEvent], Callable[[Any, Fields], tuple[str, Fields] | None]] = {
    ConversationLabelled: _labelled,
    PriorityChanged: _priority,
}
