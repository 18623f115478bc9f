"""Values that the gateway's tests share."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import (
    ContactView,
    ConversationEvent,
    ConversationRef,
    ConversationStarted,
    ConversationView,
    MessageRecorded,
    MessageView,
    Person,
    Sender,
)
from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.frames import Frame, frames_of
from libs.contracts.topology import conversation_id, thread_crc
from libs.contracts.vocabulary import (
    Channel,
    DeliveryState,
    Direction,
    MessageKind,
    SenderKind,
    Status,
)
from tests.patience import PATIENCE

WHEN = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ACCOUNT = "acc-1"
SECRET = "telegram-secret"

TELEGRAM = ConnectionSecrets(
    connection_id="conn-tg",
    account_id=ACCOUNT,
    chatbot_id="bot-1",
    channel=Channel.TELEGRAM,
    status="connected",
    webhook_secret=SECRET,
    settings={"bot_username": "shop_helper_bot", "bot_id": "990001"},
)
WIDGET = ConnectionSecrets(
    connection_id="conn-web",
    account_id=ACCOUNT,
    chatbot_id="bot-1",
    channel=Channel.WIDGET,
    status="connected",
)
ANA = Person(
    id="agent-ana",
    account_id=ACCOUNT,
    email="ana@example.org",
    name="Ana Reis",
    role="agent",
    departments=("IT",),
)
BEN = Person(
    id="agent-ben",
    account_id=ACCOUNT,
    email="ben@example.org",
    name="Ben Osei",
    role="agent",
    departments=("HR",),
)
REQUESTER = Person(id="user-uma", account_id=ACCOUNT, email="uma@example.org", name="Uma", role="user")


def conversation(
    session_id: str = "tg:77", *, connection_id: str = "conn-tg", department: str | None = None
) -> ConversationRef:
    return ConversationRef(
        id=conversation_id("0190f1c2", thread_crc(connection_id, session_id)),
        account_id=ACCOUNT,
        chatbot_id="bot-1",
        chatbot_name="Helper",
        connection_id=connection_id,
        channel=Channel.WIDGET if session_id.startswith("web:") else Channel.TELEGRAM,
        session_id=session_id,
        target=session_id,
        contact=ContactView(id="contact-1", name="Mira"),
        status=Status.HANDED_OFF,
        department=department,
    )


def view(ref: ConversationRef) -> ConversationView:
    return ConversationView(**ref.model_dump(), version=3, sequence=5, created_at=WHEN, updated_at=WHEN)


def message(ref: ConversationRef, sequence: int, content: str = "hello") -> MessageView:
    return MessageView(
        id=f"message-{sequence}",
        conversation_id=ref.id,
        sequence=sequence,
        direction=Direction.OUTBOUND,
        sender=Sender(kind=SenderKind.AGENT, id="agent-ana", name="Ana Reis"),
        kind=MessageKind.TEXT,
        content=content,
        delivery=DeliveryState.QUEUED,
        created_at=WHEN,
    )


def recorded(ref: ConversationRef, sequence: int) -> MessageRecorded:
    return MessageRecorded(actor=SYSTEM, occurred_at=WHEN, conversation=ref, message=message(ref, sequence))


def started(ref: ConversationRef) -> ConversationStarted:
    return ConversationStarted(actor=SYSTEM, occurred_at=WHEN, conversation=ref)


def envelope(event: ConversationEvent, sequence: int) -> Envelope:
    return wrap(
        event,
        id=f"event-{sequence}",
        source="conversation",
        time=WHEN,
        accountid=event.conversation.account_id,
        subject=event.conversation.id,
        sequence=sequence,
    )


def chat_frame(ref: ConversationRef, sequence: int) -> Frame:
    return next(
        frame for frame in frames_of(recorded(ref, sequence), sequence) if frame.scope == "conversation"
    )


def account_frame(ref: ConversationRef, seq: int) -> Frame:
    made = frames_of(started(ref), 1)
    return next(frame for frame in made if frame.scope == "account").model_copy(update={"seq": seq})


def update(**fields: Any) -> dict[str, Any]:
    """A Telegram update with a private text message, changed by `fields` of the message."""
    message: dict[str, Any] = {
        "message_id": 41,
        "from": {"id": 550011, "is_bot": False, "first_name": "Mira"},
        "chat": {"id": 550011, "first_name": "Mira", "type": "private"},
        "date": 1786000001,
        "text": "Is the kettle back?",
    }
    message |= fields
    message = {key: value for key, value in message.items() if value is not None}
    return {"update_id": 718200101, "message": message}


def group(**fields: Any) -> dict[str, Any]:
    """The same in a forum topic of a group."""
    chat = {"id": -1002200330044, "title": "Help room", "type": "supergroup", "is_forum": True}
    return update(chat=chat, message_thread_id=5, is_topic_message=True, **fields)


async def until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for a condition, with a limit."""
    async with asyncio.timeout(seconds * PATIENCE):
        # What is waited for has no event of its own.
        while not holds():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.001)
