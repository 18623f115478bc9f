"""What the audit trail keeps of a command: who, what, on what, when, and what became of it. Ids, no words."""

from datetime import datetime

from pydantic import BaseModel

from libs.contracts.audit import AuditEntry, RecordAction, Result
from libs.contracts.base import Command, Message
from libs.contracts.conversation import AcknowledgeMessage
from libs.contracts.drafts import SaveDraft
from libs.contracts.envelope import Envelope
from libs.contracts.presence import ReportPresence
from libs.contracts.vocabulary import ActorKind

#: Whose actions are kept. Contacts write, the AI and the system have their events.
_WHOSE = frozenset({ActorKind.AGENT, ActorKind.USER, ActorKind.API_KEY})
#: What a frontend says by itself, again and again: a message was shown, somebody is there, a draft grew.
_LEFT_OUT = (AcknowledgeMessage, ReportPresence, SaveDraft)
#: Fields that name what a command is about. An id that a platform gave is none of them: it may be a number
#: that a person is known by.
_NAMES = (
    "conversation_id",
    "message_id",
    "suggestion_id",
    "contact_id",
    "into_contact_id",
    "into_conversation_id",
    "note_id",
    "agent_id",
    "assignee_id",
    "person_id",
    "chatbot_id",
    "department",
    "department_id",
    "connection_id",
    "scheduled_id",
    "erasure_id",
    "template_id",
    "label",
)
_LONGEST = 256


def entry_of(
    message: Message, envelope: Envelope, at: datetime, *, result: Result = "done", code: str | None = None
) -> AuditEntry | None:
    """The entry of a command; None for what is no action of a person or a key."""
    if not isinstance(message, Command) or message.actor.kind not in _WHOSE:
        return None
    if isinstance(message, _LEFT_OUT):
        return None
    action, targets = message.type.rpartition(".")[0], targets_of(message)
    if isinstance(message, RecordAction):
        action, targets, result, code = message.action, message.targets, message.result, message.code
    return AuditEntry(
        id=envelope.id,
        at=at,
        actor_kind=message.actor.kind,
        actor_id=message.actor.id,
        action=action,
        targets=targets,
        result=result,
        code=code,
        trace_id=trace_of(envelope.traceparent),
    )


def targets_of(message: BaseModel) -> dict[str, str]:
    """What a command names, by kind (`conversation`, `person` …)."""
    found = {name: getattr(message, name, None) for name in _NAMES}
    person = getattr(message, "person", None)
    if isinstance(person, BaseModel):
        found["person_id"] = getattr(person, "id", None)
    return {
        name.removesuffix("_id"): value
        for name, value in found.items()
        if isinstance(value, str) and 0 < len(value) <= _LONGEST
    }


def made_by(result: BaseModel | None) -> dict[str, str]:
    """What came of a command that named nothing: the id of the thing it made."""
    made = getattr(result, "id", None)
    return {"made": made} if isinstance(made, str) and 0 < len(made) <= _LONGEST else {}


def trace_of(traceparent: str | None) -> str | None:
    """The trace's id out of W3C's header."""
    parts = (traceparent or "").split("-")
    return parts[1] if len(parts) == 4 else None
