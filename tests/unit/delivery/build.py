"""Rows, events and connections as the tests need them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import (
    ContactView,
    ConversationRef,
    MessageRecorded,
    MessageView,
    Sender,
)
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.topology import conversation_id
from libs.contracts.vocabulary import Channel, Direction, MessageKind, SenderKind, Status
from services.delivery.domain.connection import Connection
from services.delivery.domain.reply import LEASE, Claim, Reply, reply_from
from services.delivery.domain.verdict import Released
from services.delivery.use_cases.announcing import Announcing

START = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
TOKEN = "990001:" + "t" * 35


def new_id() -> str:
    return str(uuid4())


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def new_conversation() -> str:
    return conversation_id(new_id(), 0x0A07)


def recorded(
    conversation: str,
    *,
    sequence: int = 1,
    content: str = "Hello",
    connection_id: str = "conn-1",
    account_id: str = "acc-1",
    channel: Channel = Channel.TELEGRAM,
    direction: Direction = Direction.OUTBOUND,
    target: str = "550011",
    message_id: str | None = None,
    reply_to_external: str | None = None,
) -> tuple[MessageRecorded, Envelope]:
    """An event with its envelope."""
    message_id = message_id or new_id()
    event = MessageRecorded(
        actor=SYSTEM,
        occurred_at=START,
        conversation=ConversationRef(
            id=conversation,
            account_id=account_id,
            chatbot_id="bot-1",
            chatbot_name="Shop",
            connection_id=connection_id,
            channel=channel,
            session_id=f"tg:{target}",
            target=target,
            contact=ContactView(id="contact-1"),
            status=Status.HANDED_OFF,
        ),
        message=MessageView(
            id=message_id,
            conversation_id=conversation,
            sequence=sequence,
            direction=direction,
            sender=Sender(kind=SenderKind.AGENT, id="agent-1"),
            kind=MessageKind.TEXT,
            content=content,
            created_at=START,
        ),
        reply_to_external=reply_to_external,
    )
    envelope = wrap(
        event,
        id=new_id(),
        source="/test",
        time=START,
        accountid=account_id,
        subject=conversation,
        sequence=sequence,
    )
    return event, envelope


def reply(conversation: str | None = None, **options: Any) -> Reply:
    """A row that nobody has put anywhere yet."""
    return reply_from(*recorded(conversation or new_conversation(), **options), START)


def claim(moment: datetime = START) -> Claim:
    return Claim(new_id(), moment + LEASE)


def outcome_of(row: Reply, released: Released, moment: datetime = START) -> Envelope:
    return Announcing(new_id).outcome(row, released, moment)


def connection(**changes: Any) -> Connection:
    values: dict[str, Any] = {
        "id": "conn-1",
        "account_id": "acc-1",
        "chatbot_id": "bot-1",
        "channel": Channel.TELEGRAM,
        "version": "v1",
        "settings": {"rate_per_second": 10_000},
        "credentials": {"token": TOKEN, "webhook_secret": "hush"},
    }
    return Connection(**(values | changes))
