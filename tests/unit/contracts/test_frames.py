"""One pure function turns events into realtime frames: live and replayed ones cannot differ."""

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.contracts import conversation as said
from libs.contracts.base import SYSTEM, Actor
from libs.contracts.erasure import ConversationErased
from libs.contracts.frames import Frame, first_name, frames_of
from libs.contracts.media import FilesStored
from libs.contracts.merging import ConversationMerged, ConversationTookIn
from libs.contracts.message_changes import MessageChange, MessageChanged
from libs.contracts.messages import MessageRetried
from libs.contracts.notes import NoteAdded, NoteDeleted
from libs.contracts.organising import PriorityChanged
from libs.contracts.read_marks import ConversationRead
from libs.contracts.scheduling import ScheduledReplyChanged, ScheduledState
from libs.contracts.snoozing import ConversationSnoozed, ConversationWoken, WakeReason
from libs.contracts.suggestions import SuggestionRecorded, SuggestionRejected, SuggestionView
from libs.contracts.tickets import FeedbackGiven
from libs.contracts.vocabulary import (
    ActorKind,
    Channel,
    DeliveryState,
    Direction,
    Feedback,
    MessageKind,
    Priority,
    Role,
    SenderKind,
    Status,
)
from libs.contracts.workflow import ConversationAssigned, ConversationTransferred

MOMENT = datetime(2025, 11, 20, 14, 0, tzinfo=UTC)


def _conversation(contact_name: str = "Ana", **more: Any) -> said.ConversationRef:
    fields: dict[str, Any] = {
        "id": "c-0001", "account_id": "acc", "chatbot_id": "bot", "chatbot_name": "Helper",
        "connection_id": "con", "channel": Channel.TELEGRAM, "session_id": "s1", "target": "42",
        "contact": said.ContactView(id="ct", name=contact_name), "status": Status.ACTIVE,
    }  # fmt: skip
    return said.ConversationRef(**fields | more)


def _event(kind: type[said.ConversationEvent], **fields: Any) -> Any:
    conversation = fields.pop("conversation", _conversation())
    return kind(actor=SYSTEM, occurred_at=MOMENT, conversation=conversation, **fields)


def _message(sender: SenderKind, **more: Any) -> said.MessageView:
    fields: dict[str, Any] = {
        "id": "m1", "conversation_id": "c-0001", "sequence": 3,
        "direction": Direction.INBOUND if sender is SenderKind.CONTACT else Direction.OUTBOUND,
        "sender": said.Sender(kind=sender, id="who", name="Maria Lopez"), "kind": MessageKind.TEXT,
        "content": "hello", "created_at": MOMENT, "client_message_id": "cm", "feedback": Feedback.NONE,
    }  # fmt: skip
    return said.MessageView(**fields | more)


def _by_scope(event: Any) -> dict[str, Frame]:
    return {frame.scope: frame for frame in frames_of(event, 7)}


def test_a_contacts_message_goes_to_the_thread_and_as_a_hint_to_the_account():
    frames = _by_scope(_event(said.MessageRecorded, message=_message(SenderKind.CONTACT)))
    assert frames["conversation"].payload() == {
        "type": "contact_message", "topic": "chat:s1", "seq": 7, "content": "hello", "message_id": "m1",
        "timestamp": "2025-11-20T14:00:00Z", "client_message_id": "cm", "kind": "text",
    }  # fmt: skip
    assert frames["account"].payload() == {
        "type": "conversation:new_reply", "topic": "account:acc", "seq": 0, "conversation_id": "c-0001",
        "timestamp": "2025-11-20T14:00:00Z", "message_id": "m1",
        "sender": {"kind": "contact", "id": "who", "name": "Maria Lopez"},
    }  # fmt: skip
    assert frames["conversation"].audience.visitor
    assert not frames["account"].audience.visitor


def test_visitors_see_an_agents_first_name_only():
    (frame,) = frames_of(_event(said.MessageRecorded, message=_message(SenderKind.AGENT)), 7)
    assert frame.type == "agent_message"
    assert frame.fields["agent_name"] == "Maria"
    assert "Lopez" not in frame.model_dump_json()
    assert first_name("") == ""


def test_an_ai_message_carries_its_citations():
    citation = said.Citation(document_id="d", chunk_id="d#1", title="T", quote="q")
    message = _message(SenderKind.AI, citations=(citation,))
    (frame,) = frames_of(_event(said.MessageRecorded, message=message), 7)
    assert (frame.type, frame.fields["citations"]) == ("ai_message", [citation.model_dump()])


def test_a_system_message_is_one_of_its_own():
    (frame,) = frames_of(_event(said.MessageRecorded, message=_message(SenderKind.SYSTEM)), 7)
    assert frame.type == "system_message"


@pytest.mark.parametrize(
    ("state", "error", "account_type", "told"),
    [
        (DeliveryState.SENT, None, "conversation:sent", None),
        (DeliveryState.DELIVERED, None, "conversation:delivered", None),
        (DeliveryState.FAILED, "blocked", "conversation:error", "blocked"),
        (DeliveryState.UNKNOWN, None, "conversation:error", "delivery_unknown"),
    ],
)
def test_a_receipt_shows_in_the_thread_and_in_the_account(
    state: DeliveryState, error: str | None, account_type: str, told: str | None
):
    frames = _by_scope(_event(said.DeliveryRecorded, message_id="m1", state=state, error=error))
    assert (frames["conversation"].type, frames["conversation"].fields["state"]) == ("message_state", state)
    assert frames["account"].type == account_type
    assert frames["account"].fields.get("error") == told


def test_a_handoff_tells_agents_why_and_the_visitor_only_that():
    event = _event(said.ConversationHandedOff, reason="asked_for_human")
    frames = _by_scope(event)
    assert frames["conversation"].payload() == {"type": "handoff_started", "topic": "chat:s1", "seq": 7}
    fields = frames["account"].fields
    assert (fields["reason"], fields["visitor_name"], fields["chatbot_name"]) == (
        "asked_for_human",
        "Ana",
        "Helper",
    )
    assert fields["notification"] == {
        "title": "New handoff — Helper", "body": "Ana: asked_for_human", "tag": "handoff-c-0001",
        "requireInteraction": True, "url": "/app/chatbots/bot/conversations/c-0001",
    }  # fmt: skip


def test_a_contact_without_a_name_is_a_visitor():
    event = _event(said.ConversationHandedOff, reason="rule", conversation=_conversation(contact_name=""))
    assert _by_scope(event)["account"].fields["visitor_name"] == "Visitor"


@pytest.mark.parametrize(
    ("kind", "chat", "account"),
    [
        (said.ConversationStarted, None, "conversation:started"),
        (said.HandoffEnded, "handoff_ended", None),
        (said.ConversationReturnedToAI, None, "conversation:returned_to_ai"),
        (said.ConversationResolved, "conversation_resolved", "conversation:resolved"),
        (said.ConversationClosed, "conversation_closed", "conversation:closed"),
        (said.ConversationReopened, "conversation_reopened", "conversation:reopened"),
        (said.ConversationArchived, None, "conversation:archived"),
        (said.ConversationUnarchived, None, "conversation:unarchived"),
    ],
)
def test_changes_of_status_reach_who_may_know(
    kind: type[said.ConversationEvent], chat: str | None, account: str | None
):
    frames = _by_scope(_event(kind))
    assert {scope: frame.type for scope, frame in frames.items()} == {
        **({"conversation": chat} if chat else {}),
        **({"account": account} if account else {}),
    }


def test_the_audience_follows_department_and_assignee():
    event = _event(
        said.ConversationClosed, conversation=_conversation(department="sales", assignee_id="agent1")
    )
    for frame in frames_of(event, 1):
        assert (frame.audience.department, frame.audience.assignee_id) == ("sales", "agent1")
        assert (frame.account_id, frame.conversation_id, frame.connection_id) == ("acc", "c-0001", "con")


def test_at_most_one_frame_a_topic():
    for kind in said.ConversationEvent.__subclasses__():
        if not kind.type:  # what several events share is none itself
            continue
        fields: dict[str, Any] = {
            said.MessageRecorded: {"message": _message(SenderKind.CONTACT)},
            said.ConversationHandedOff: {"reason": "rule"},
            said.DeliveryRecorded: {"message_id": "m1", "state": DeliveryState.SENT},
            MessageRetried: {"message": _message(SenderKind.AGENT)},
            MessageChanged: {
                "message": _message(SenderKind.CONTACT),
                "change": MessageChange.EDITED,
            },
            ConversationErased: {"erasure_id": "e"},
            ConversationMerged: {"into_conversation_id": "c-0002"},
            ConversationTookIn: {"merged_conversation_id": "c-0002", "message_count": 2, "unread": 1},
            NoteAdded: {"note_id": "n"},
            NoteDeleted: {"note_id": "n"},
            ConversationSnoozed: {"until": MOMENT},
            ConversationWoken: {"reason": WakeReason.DUE},
            ScheduledReplyChanged: {
                "scheduled_id": "s",
                "author_id": "a",
                "send_at": MOMENT,
                "state": ScheduledState.WAITING,
            },
            PriorityChanged: {"priority": Priority.LOW, "former_priority": Priority.NONE},
            FeedbackGiven: {"message_id": "m1", "feedback": Feedback.UP},
            ConversationRead: {"unread": 1},
            FilesStored: {"message_id": "m1", "attachments": ()},
        }.get(kind, {})
        topics = [frame.topic for frame in frames_of(_event(kind, **fields), 1)]
        assert len(topics) == len(set(topics))


def test_whoever_a_conversation_leaves_is_told_by_the_same_frame() -> None:
    now = _conversation(department="HR", assignee_id="hana")
    assigned = _event(ConversationAssigned, conversation=now, former_assignee_id="ana")
    (frame,) = frames_of(assigned, 7)
    assert (frame.type, frame.fields["assignee_id"], frame.fields["former_assignee_id"]) == (
        "conversation:assigned",
        "hana",
        "ana",
    )
    audience = frame.audience
    assert (audience.left, audience.left_department, audience.left_assignee_id) == (True, "HR", "ana")

    moved = _event(
        ConversationTransferred, conversation=now, former_department="IT", former_assignee_id="ana"
    )
    (frame,) = frames_of(moved, 8)
    assert frame.type == "conversation:transferred"
    assert (frame.fields["department"], frame.fields["former_department"]) == ("HR", "IT")
    audience = frame.audience
    assert (audience.left, audience.left_department, audience.left_assignee_id) == (True, "IT", "ana")


def _chat_of(sender: SenderKind, actor: Actor = SYSTEM, **message: Any) -> Any:
    ticket = _conversation(requester_id="uma", department="IT")
    event = said.MessageRecorded(
        actor=actor, occurred_at=MOMENT, conversation=ticket, message=_message(sender, **message)
    )
    return _by_scope(event)["conversation"].payload_under("ticket_c-0001")


def test_a_message_of_a_ticket_has_the_shape_of_its_room():
    assert _chat_of(SenderKind.CONTACT) == {
        "type": "chat", "topic": "ticket_c-0001", "seq": 7, "ticket_id": "c-0001", "sender_id": "uma",
        "sender_role": "user", "sender_name": "Maria Lopez", "content": "hello", "isAI": False,
        "feedback": "none", "message_id": "m1", "timestamp": "2025-11-20T14:00:00Z",
        "client_message_id": "cm", "citations": [],
    }  # fmt: skip
    ai = _chat_of(SenderKind.AI, is_ai=True)
    assert (ai["sender_id"], ai["sender_role"], ai["isAI"]) == ("who", "ai", True)
    agent = Actor(kind=ActorKind.AGENT, id="who", role=Role.AGENT, departments=("HR", "IT"))
    said_by = _chat_of(SenderKind.AGENT, agent)
    assert (said_by["sender_id"], said_by["sender_role"], said_by["isAI"]) == ("who", "it_agent", False)


def test_elsewhere_a_message_of_a_ticket_looks_like_any_other():
    ticket = _conversation(requester_id="uma")
    frame = _by_scope(_event(said.MessageRecorded, conversation=ticket, message=_message(SenderKind.AI)))
    assert frame["conversation"].payload_under("chat:s1")["type"] == "ai_message"
    assert frame["conversation"].audience.requester_id == "uma"
    plain = _by_scope(_event(said.MessageRecorded, message=_message(SenderKind.AI)))["conversation"]
    assert plain.payload_under("ticket_c-0001")["type"] == "ai_message"


def test_feedback_is_told_to_the_thread_and_to_the_account():
    frames = _by_scope(_event(FeedbackGiven, message_id="m1", feedback=Feedback.DOWN))
    assert frames["conversation"].payload() == {
        "type": "message_feedback", "topic": "chat:s1", "seq": 7, "message_id": "m1", "feedback": "down",
    }  # fmt: skip
    assert frames["account"].type == "conversation:feedback"


def test_agents_hear_of_suggestions_and_visitors_do_not() -> None:
    moment = MOMENT
    suggestion = SuggestionView(
        id="s1",
        conversation_id="c-0001",
        message_id="m1",
        body="Two days.",
        confidence=0.7,
        created_at=moment,
    )
    (ready,) = frames_of(_event(SuggestionRecorded, suggestion=suggestion), 4)
    assert (ready.topic, ready.type) == ("account:acc", "conversation:ai_ready")
    assert ready.fields == {
        "conversation_id": "c-0001",
        "timestamp": "2025-11-20T14:00:00Z",
        "suggestion_id": "s1",
        "confidence": 0.7,
    }
    (decided,) = frames_of(_event(SuggestionRejected, suggestion=suggestion), 5)
    assert decided.type == "conversation:suggestion_decided"


def test_a_message_that_is_sent_once_more_is_queued_again():
    message = _message(SenderKind.AGENT).model_copy(update={"delivery": DeliveryState.QUEUED})
    frames = _by_scope(_event(MessageRetried, message=message))
    chat, account = frames["conversation"], frames["account"]
    assert (chat.type, chat.fields) == ("message_state", {"message_id": message.id, "state": "queued"})
    assert (account.type, account.fields["message_id"]) == ("conversation:queued", message.id)
