"""Fills an account with conversations, straight into the store, as the service would have written them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from deploy.local.demo import account
from libs.contracts import topology
from libs.contracts.base import Actor
from libs.contracts.conversation import ContactView, Sender
from libs.contracts.vocabulary import ActorKind, Channel, SenderKind, Status
from services.conversation.adapters import documents
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.message import Draft, StoredMessage

#: Messages of each conversation.
EACH = 10
BATCH = 1_000
_BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
_TEXTS = (
    "Where is my order {number}, please? It should have been here on Monday.",
    "Your parcel {number} is on its way and comes tomorrow before noon.",
)
#: Conversations that all others are like: their numbers stand in no text by chance.
_PATTERNS = 864_000_000
_DEPARTMENTS = (None, "Orders", "Technical")
_STATUSES = (Status.ACTIVE, Status.HANDED_OFF, Status.RESOLVED, Status.CLOSED)
_KINDS = len(_DEPARTMENTS) * len(_STATUSES)

#: A conversation's document and those of its messages.
Filled = tuple[dict[str, Any], list[dict[str, Any]]]
Changes = tuple[tuple[str, str], ...]


async def fill(url: str, database: str, first: int, last: int) -> None:
    """Conversations `first` to `last` with their messages, each newer than the one before."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(url)
    try:
        records = client[database]
        for start in range(first, last, BATCH):
            made = [derived(number) for number in range(start, min(last, start + BATCH))]
            await records["conversations"].insert_many([one for one, _ in made], ordered=False)
            messages = [message for _, of_it in made for message in of_it]
            await records["messages"].insert_many(messages, ordered=False)
    finally:
        client.close()


def derived(number: int) -> Filled:
    """What `recorded` makes of a number, from what it made of another one: a tenth of the time."""
    pattern = _PATTERNS + number % _KINDS
    like, conversation, messages = _pattern(pattern)
    new = _id(number, f"tg:bench-{number}")
    changes = ((like, new), (str(pattern), str(number)))
    later = timedelta(seconds=number - pattern)
    return _changed(conversation, changes, later), [_changed(one, changes, later) for one in messages]


@cache
def _pattern(number: int) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
    conversation, messages = recorded(number)
    return conversation["_id"], conversation, messages


def _changed(value: Any, changes: Changes, later: timedelta) -> Any:
    if isinstance(value, str):
        for old, new in changes:
            value = value.replace(old, new)
        return value
    if isinstance(value, dict):
        return {name: _changed(one, changes, later) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_changed(one, changes, later) for one in value]
    return value + later if isinstance(value, datetime) else value


def recorded(number: int) -> Filled:
    """A conversation and its messages, made by the service's own code, as documents."""
    session = f"tg:bench-{number}"
    contact = Actor(kind=ActorKind.CONTACT, id=f"bench-{number}", name="Mira")
    one = Conversation.start(
        id=_id(number, session),
        account_id=account.ACCOUNT_ID,
        chatbot_id=account.CHATBOT_ID,
        chatbot_name="Kettle",
        connection_id=account.TELEGRAM_CONNECTION,
        channel=Channel.TELEGRAM,
        session_id=session,
        target=f"bench-{number}",
        contact=ContactView(id=f"contact-{number}", name="Mira"),
        contact_alias=f"bench-{number}",
        actor=contact,
        at=_BEGUN + timedelta(seconds=number),
    )
    messages = list(_messages(one, contact, number))
    one.department = _DEPARTMENTS[number % 3]
    one.status = _STATUSES[number % 4]
    return documents.conversation_document(one), [
        documents.message_document(message, one.account_id) for message in messages
    ]


def _messages(one: Conversation, contact: Actor, number: int) -> Iterator[StoredMessage]:
    senders = (
        Sender(kind=SenderKind.CONTACT, id=contact.id, name="Mira"),
        Sender(kind=SenderKind.AI, id=account.CHATBOT_ID, name="Kettle"),
    )
    for turn in range(EACH):
        draft = Draft(
            id=f"{one.id}-{turn}",
            sender=senders[turn % 2],
            at=one.created_at + timedelta(seconds=turn),
            content=_TEXTS[turn % 2].format(number=number),
        )
        yield one.send_out(draft, contact) if turn % 2 else one.receive(draft, contact, wants_answer=False)


def _id(number: int, session: str) -> str:
    """An id as the service makes them: four digits of it are the thread's."""
    crc = topology.thread_crc(account.TELEGRAM_CONNECTION, session)
    return topology.conversation_id(f"01990000-0000-7000-8000-{number:012x}", crc)
