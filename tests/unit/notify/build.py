"""Events of conversations with their envelopes."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import (
    ContactView,
    ConversationEvent,
    ConversationHandedOff,
    ConversationRef,
    ConversationResolved,
    HandoffEnded,
    MessageRecorded,
    MessageView,
    Sender,
)
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.frames import Frame
from libs.contracts.vocabulary import Channel, Direction, MessageKind, SenderKind, Status
from services.notify.use_cases.ports import Unnumbered

START = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
CONVERSATION = "0198-aaaa-0a07"


def ref(account_id: str, conversation: str) -> ConversationRef:
    return ConversationRef(
        id=conversation,
        account_id=account_id,
        chatbot_id="bot-1",
        chatbot_name="Shop",
        connection_id="conn-1",
        channel=Channel.TELEGRAM,
        session_id="tg:5",
        target="5",
        contact=ContactView(id="contact-1", name="Mira"),
        status=Status.HANDED_OFF,
    )


def enveloped(event: ConversationEvent, sequence: int | None, event_id: str | None = None) -> Envelope:
    return wrap(
        event,
        id=event_id or str(uuid4()),
        source="/test",
        time=START,
        accountid=event.conversation.account_id,
        subject=event.conversation.id,
        sequence=sequence,
    )


def _common(account_id: str, conversation: str) -> dict[str, Any]:
    return {"actor": SYSTEM, "occurred_at": START, "conversation": ref(account_id, conversation)}


def message(
    kind: SenderKind = SenderKind.CONTACT, account_id: str = "acc-1", conversation: str = CONVERSATION
) -> MessageRecorded:
    view = MessageView(
        id=str(uuid4()),
        conversation_id=conversation,
        sequence=1,
        direction=Direction.INBOUND if kind is SenderKind.CONTACT else Direction.OUTBOUND,
        sender=Sender(kind=kind, id="someone", name="Nora Berg"),
        kind=MessageKind.TEXT,
        content="Hello",
        created_at=START,
    )
    return MessageRecorded(**_common(account_id, conversation), message=view)


def handed_off(account_id: str = "acc-1", conversation: str = CONVERSATION) -> ConversationHandedOff:
    return ConversationHandedOff(**_common(account_id, conversation), reason="asked_for_human")


def resolved(account_id: str = "acc-1", conversation: str = CONVERSATION) -> ConversationResolved:
    return ConversationResolved(**_common(account_id, conversation))


def handoff_ended(account_id: str = "acc-1", conversation: str = CONVERSATION) -> HandoffEnded:
    return HandoffEnded(**_common(account_id, conversation))


def account_frame(account_id: str = "acc-1", conversation: str = CONVERSATION) -> Frame:
    return Frame(
        scope="account",
        account_id=account_id,
        conversation_id=conversation,
        connection_id="conn-1",
        topic=f"account:{account_id}",
        type="conversation:resolved",
        fields={"conversation_id": conversation},
    )


def unnumbered(account_id: str = "acc-1", event_id: str | None = None) -> Unnumbered:
    return Unnumbered(event_id or str(uuid4()), account_frame(account_id))
