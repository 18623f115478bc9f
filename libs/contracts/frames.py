"""Which realtime frames an event becomes. Live frames and replayed ones come from this one pure function.

At most one frame a topic an event, so that `seq` names a frame: a client that resumes after the last number
it saw can neither miss the second half of an event nor get it twice.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from libs.contracts.base import Contract
from libs.contracts.conversation import (
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
    MessageRecorded,
    MessageView,
)
from libs.contracts.files import shown_attachments
from libs.contracts.media import FilesStored
from libs.contracts.merging import ConversationMerged
from libs.contracts.message_changes import MessageChange, MessageChanged
from libs.contracts.messages import MessageRetried
from libs.contracts.notification_settings import NotificationSettings, SettingsOfPerson
from libs.contracts.organising_frames import ORGANISING_FRAMES
from libs.contracts.read_marks import ConversationRead
from libs.contracts.suggestions import (
    SuggestionApproved,
    SuggestionEdited,
    SuggestionRecorded,
    SuggestionRejected,
    SuggestionReturned,
    SuggestionSuperseded,
)
from libs.contracts.tickets import FeedbackGiven, presented_role
from libs.contracts.vocabulary import DeliveryState, ReceiptKind, SenderKind
from libs.contracts.workflow import ConversationAssigned, ConversationTransferred


class Audience(Contract):
    """Who may get a frame: people who may see the conversation, and, where `visitor`, its contact or, of a
    ticket, its requester.
    """

    department: str | None = None
    assignee_id: str | None = None
    requester_id: str | None = None
    visitor: bool = False
    #: Set when it left somebody: those of this department or assignee saw it until then, and hear of it.
    left: bool = False
    left_department: str | None = None
    left_assignee_id: str | None = None


class Frame(Contract):
    """One realtime message. `scope` says whose numbering `seq` belongs to; an account frame has none until
    notify gives it one. `chat` is a message of a ticket as the ticket's room has it.
    """

    scope: Literal["conversation", "account"]
    account_id: str
    conversation_id: str
    connection_id: str
    topic: str
    type: str
    seq: int = 0
    #: Only of now: it has no number, and nobody fetches it later.
    passing: bool = False
    audience: Audience = Audience()
    fields: dict[str, Any] = Field(default_factory=dict)
    chat: dict[str, Any] | None = None
    #: How people want to be told of a handoff; who is not here wants the default.
    settings: tuple[SettingsOfPerson, ...] = ()

    def payload_under(self, topic: str) -> dict[str, Any]:
        """What a client gets who follows the frame's room as `topic`."""
        if self.chat is not None and topic.startswith("ticket_"):
            return {**self.chat, "topic": topic, "seq": self.seq}
        return self.payload() | {"topic": topic}

    def payload(self) -> dict[str, Any]:
        """What a client gets."""
        numbered = {} if self.passing else {"seq": self.seq}
        return {"type": self.type, "topic": self.topic, **numbered, **self.fields}


#: The chime that goes with a handoff, and how loud.
CHIME = {"sound_url": "/sounds/handoff.mp3", "volume": 0.6}


def shown_to(frame: Frame, person_id: str) -> dict[str, Any]:
    """What a receiver's frontend is told beyond the frame: how they want to hear of a handoff."""
    if frame.type != "handoff":
        return {}
    mine = (chosen for chosen in frame.settings if chosen.person_id == person_id)
    chosen = next(mine, NotificationSettings())
    return {"settings": {"desktop": chosen.desktop, "sound": chosen.sound, **CHIME}}


#: Message frames by who wrote the message.
_MESSAGE_TYPES = {
    SenderKind.AGENT: "agent_message",
    SenderKind.AI: "ai_message",
    SenderKind.CONTACT: "contact_message",
    SenderKind.SYSTEM: "system_message",
}

#: Account frames of changes that carry nothing but who and when.
_STATUS_TYPES: dict[type[ConversationEvent], str] = {
    ConversationStarted: "conversation:started",
    ConversationReturnedToAI: "conversation:returned_to_ai",
    ConversationResolved: "conversation:resolved",
    ConversationClosed: "conversation:closed",
    ConversationReopened: "conversation:reopened",
    ConversationArchived: "conversation:archived",
    ConversationUnarchived: "conversation:unarchived",
}

#: Whoever listens to the thread listens to the other one from here on.
MERGED_FRAME = "conversation_merged"

#: What the thread's own topic hears of a change; the visitor learns no reason and no name.
_CHAT_STATUS_TYPES: dict[type[ConversationEvent], str] = {
    ConversationHandedOff: "handoff_started",
    HandoffEnded: "handoff_ended",
    ConversationResolved: "conversation_resolved",
    ConversationClosed: "conversation_closed",
    ConversationReopened: "conversation_reopened",
    ConversationMerged: MERGED_FRAME,
}


def first_name(name: str) -> str:
    """What visitors see of an agent: the first name, or, without a name, the whole address given instead."""
    return name.split(maxsplit=1)[0] if name.split() else name


def handoff_notification(
    chatbot_name: str, visitor_name: str, reason: str, address: str, tag: str
) -> dict[str, Any]:
    """What a frontend passes to the browser's Notification."""
    return {
        "title": f"New handoff — {chatbot_name}",
        "body": f"{visitor_name}: {reason}",
        "tag": tag,
        "requireInteraction": True,
        "url": address,
    }


def frames_of(event: ConversationEvent, sequence: int) -> list[Frame]:
    """The frames of one event: at most one for the thread's topic and one for the account's."""
    frames = []
    chat = _chat(event)
    if chat:
        frames.append(
            _frame(event, "conversation", f"chat:{event.conversation.session_id}", *chat, seq=sequence)
        )
    account = _account(event)
    if account:
        frames.append(_frame(event, "account", f"account:{event.conversation.account_id}", *account))
    return frames


def _frame(
    event: ConversationEvent,
    scope: Literal["conversation", "account"],
    topic: str,
    frame_type: str,
    fields: dict[str, Any],
    seq: int = 0,
) -> Frame:
    conversation = event.conversation
    return Frame(
        scope=scope,
        account_id=conversation.account_id,
        conversation_id=conversation.id,
        connection_id=conversation.connection_id,
        topic=topic,
        type=frame_type,
        seq=seq,
        audience=Audience(
            department=conversation.department,
            assignee_id=conversation.assignee_id,
            requester_id=conversation.requester_id,
            visitor=scope == "conversation",
            **_left(event),
        ),
        fields=fields,
        chat=_ticket_message(event) if scope == "conversation" else None,
    )


def _ticket_message(event: ConversationEvent) -> dict[str, Any] | None:
    """A message in the shape in which the rooms of tickets send and hear it."""
    conversation = event.conversation
    if not isinstance(event, MessageRecorded) or conversation.requester_id is None:
        return None
    message, kind = event.message, event.message.sender.kind
    role = {SenderKind.CONTACT: "user", SenderKind.AGENT: _agents_role(event)}.get(kind, str(kind))
    return {
        "type": "chat",
        "ticket_id": conversation.id,
        "sender_id": conversation.requester_id if kind is SenderKind.CONTACT else message.sender.id,
        "sender_role": role,
        "sender_name": message.sender.name,
        "content": message.content,
        "isAI": message.is_ai,
        "feedback": message.feedback,
        "message_id": message.id,
        "timestamp": stamp(message.created_at),
        "client_message_id": message.client_message_id,
        "citations": [citation.model_dump(mode="json") for citation in message.citations],
        **shown_attachments(message.attachments),
    }


def _agents_role(event: MessageRecorded) -> str:
    actor = event.actor
    return presented_role(actor.role, actor.departments, event.conversation.department)


def _chat(event: ConversationEvent) -> tuple[str, dict[str, Any]] | None:
    if isinstance(event, MessageRecorded):
        return _MESSAGE_TYPES[event.message.sender.kind], _message_fields(event)
    if isinstance(event, DeliveryRecorded):
        return "message_state", {"message_id": event.message_id, "state": event.state}
    if isinstance(event, MessageRetried):
        return "message_state", {"message_id": event.message.id, "state": event.message.delivery}
    if isinstance(event, FilesStored | MessageChanged | FeedbackGiven):
        return _later(event)
    frame_type = _CHAT_STATUS_TYPES.get(type(event))
    return (frame_type, {}) if frame_type else None


def _later(event: FilesStored | MessageChanged | FeedbackGiven) -> tuple[str, dict[str, Any]]:
    """What becomes of a message once it is there."""
    if isinstance(event, MessageChanged):
        return "message_changed", _changed_fields(event.message, event.change)
    if isinstance(event, FeedbackGiven):
        return "message_feedback", {"message_id": event.message_id, "feedback": event.feedback}
    return "message_files", {"message_id": event.message_id, **shown_attachments(event.attachments)}


def _changed_fields(message: MessageView, change: MessageChange) -> dict[str, Any]:
    return {
        "message_id": message.id,
        "change": change,
        "content": message.content,
        "edited_at": stamp(message.edited_at) if message.edited_at else None,
        "deleted_at": stamp(message.deleted_at) if message.deleted_at else None,
        "reactions": [one.emoji for one in message.reactions],
        **shown_attachments(message.attachments),
    }


def _message_fields(event: MessageRecorded) -> dict[str, Any]:
    message = event.message
    fields: dict[str, Any] = {
        "content": message.content,
        "message_id": message.id,
        "timestamp": stamp(message.created_at),
        **shown_attachments(message.attachments),
    }
    if message.sender.kind is SenderKind.AGENT:
        fields["agent_name"] = first_name(message.sender.name)
    if message.sender.kind is SenderKind.CONTACT:
        fields["client_message_id"] = message.client_message_id
        fields["kind"] = message.kind
    if message.sender.kind is SenderKind.AI:
        fields["citations"] = [citation.model_dump(mode="json") for citation in message.citations]
        fields["person_option"] = message.person_option
    return fields


def _left(event: ConversationEvent) -> dict[str, Any]:
    """Whom it left, as the audience says it."""
    if isinstance(event, ConversationAssigned):
        department = event.conversation.department
    elif isinstance(event, ConversationTransferred):
        department = event.former_department
    else:
        return {}
    return {"left": True, "left_department": department, "left_assignee_id": event.former_assignee_id}


def _account(event: ConversationEvent) -> tuple[str, dict[str, Any]] | None:
    base = {"conversation_id": event.conversation.id, "timestamp": stamp(event.occurred_at)}
    for kind, build in _ACCOUNT_FRAMES.items():
        if isinstance(event, kind):
            return build(event, base)
    frame_type = _STATUS_TYPES.get(type(event))
    return (frame_type, base) if frame_type else None


def _new_reply(event: Any, base: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    message = event.message
    if message.sender.kind is not SenderKind.CONTACT:
        return None
    sender = {"kind": message.sender.kind, "id": message.sender.id, "name": message.sender.name}
    return "conversation:new_reply", base | {"message_id": message.id, "sender": sender}


def _receipt(event: Any, base: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if event.state in {DeliveryState.FAILED, DeliveryState.UNKNOWN}:
        error = event.error or f"delivery_{event.state}"
        return "conversation:error", base | {"message_id": event.message_id, "error": error}
    if event.receipt in {ReceiptKind.OPENED, ReceiptKind.CLICKED, ReceiptKind.COMPLAINT, ReceiptKind.BOUNCED}:
        return f"conversation:{event.receipt}", base | {"message_id": event.message_id, "state": event.state}
    return f"conversation:{event.state}", base | {"message_id": event.message_id}


def _retried(event: Any, base: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "conversation:queued", base | {"message_id": event.message.id}


def _feedback(event: Any, base: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "conversation:feedback", base | {"message_id": event.message_id, "feedback": event.feedback}


def _handoff(event: Any, base: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    conversation = event.conversation
    visitor = conversation.contact.name or "Visitor"
    address = f"/app/chatbots/{conversation.chatbot_id}/conversations/{conversation.id}"
    return "handoff", base | {
        "chatbot_id": conversation.chatbot_id,
        "chatbot_name": conversation.chatbot_name,
        "visitor_name": visitor,
        "reason": event.reason,
        "notification": handoff_notification(
            conversation.chatbot_name, visitor, event.reason, address, f"handoff-{conversation.id}"
        ),
    }


def _suggestion_ready(event: Any, base: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    suggestion = event.suggestion
    fields = {"suggestion_id": suggestion.id, "confidence": suggestion.confidence}
    return "conversation:ai_ready", base | fields


def _suggestion_decided(event: Any, base: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    suggestion = event.suggestion
    fields = {"suggestion_id": suggestion.id, "status": suggestion.status, "message_id": suggestion.sent_as}
    return "conversation:suggestion_decided", base | fields


def _changed(event: Any, base: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "conversation:message_changed", base | {"message_id": event.message.id, "change": event.change}


def _assigned(event: Any, base: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "conversation:assigned", base | {
        "assignee_id": event.conversation.assignee_id,
        "former_assignee_id": event.former_assignee_id,
    }


def _transferred(event: Any, base: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "conversation:transferred", base | {
        "department": event.conversation.department,
        "assignee_id": event.conversation.assignee_id,
        "former_department": event.former_department,
        "former_assignee_id": event.former_assignee_id,
    }


def _read_mark(event: Any, base: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "conversation:read_mark", base | {"unread": event.unread, "reader_id": event.actor.id}


_ACCOUNT_FRAMES: dict[
    type[ConversationEvent], Callable[[Any, dict[str, Any]], tuple[str, dict[str, Any]] | None]
] = {
    MessageRecorded: _new_reply,
    DeliveryRecorded: _receipt,
    MessageRetried: _retried,
    MessageChanged: _changed,
    ConversationHandedOff: _handoff,
    SuggestionRecorded: _suggestion_ready,
    SuggestionReturned: _suggestion_ready,
    SuggestionApproved: _suggestion_decided,
    SuggestionEdited: _suggestion_decided,
    SuggestionRejected: _suggestion_decided,
    SuggestionSuperseded: _suggestion_decided,
    ConversationAssigned: _assigned,
    ConversationTransferred: _transferred,
    FeedbackGiven: _feedback,
    ConversationRead: _read_mark,
    **ORGANISING_FRAMES,
}


def stamp(moment: datetime) -> str:
    """A moment as clients read it."""
    return moment.isoformat().replace("+00:00", "Z")
