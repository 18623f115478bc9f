"""Short ways to the things that tests of the conversation service need."""

from datetime import datetime, timedelta
from typing import Any

from libs.contracts.base import Actor
from libs.contracts.conversation import (
    ContactView,
    InboundContact,
    Person,
    RecordInboundMessage,
    Sender,
)
from libs.contracts.topology import conversation_id, thread_crc
from libs.contracts.vocabulary import ActorKind, Channel, MessageKind, Role, SenderKind
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.message import Draft
from services.conversation.use_cases.ports import Call
from tests.unit.conversation.fakes import EPOCH

ACCOUNT = "acme"
CHATBOT = "bot"
CONNECTION = "line"
SESSION = "tg:77"


def agent(name: str = "ana", *departments: str, role: Role = Role.AGENT) -> Actor:
    return Actor(
        kind=ActorKind.AGENT, id=name, name=f"{name.title()} Agent", role=role, departments=departments
    )


ADMIN = agent("ada", role=Role.ADMIN)
AI = Actor(kind=ActorKind.AI, id=CHATBOT, name="Bot")
CONTACT = Actor(kind=ActorKind.CONTACT, id="77", name="Mira")


def person(name: str = "ana", *departments: str, role: str = "agent", account_id: str = ACCOUNT) -> Person:
    return Person(
        id=name,
        account_id=account_id,
        email=f"{name}@acme.test",
        name=f"{name.title()} Agent",
        role=role,
        departments=departments,
    )


def moment(seconds: float = 0.0) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def call(seconds: float = 0.0, account_id: str = ACCOUNT) -> Call:
    return Call(account_id, f"command-{seconds}", moment(seconds))


def id_of_thread(unique: str = "0001", connection_id: str = CONNECTION, session_id: str = SESSION) -> str:
    return conversation_id(unique, thread_crc(connection_id, session_id))


def conversation(unique: str = "0001", **parts: Any) -> Conversation:
    """A new one, its first event still pending."""
    given: dict[str, Any] = {
        "account_id": ACCOUNT,
        "chatbot_id": CHATBOT,
        "chatbot_name": "Bot",
        "connection_id": CONNECTION,
        "channel": Channel.TELEGRAM,
        "session_id": SESSION,
        "target": "77",
        "contact": ContactView(id="contact-1", name="Mira"),
        "contact_alias": "77",
    }
    given |= {"actor": CONTACT, "at": moment()} | parts
    given.setdefault("id", id_of_thread(unique, given["connection_id"], given["session_id"]))
    return Conversation.start(**given)


def draft(message_id: str = "m1", content: str = "hello", seconds: float = 0.0, **parts: Any) -> Draft:
    parts.setdefault("sender", Sender(kind=SenderKind.CONTACT, id="contact-1", name="Mira"))
    return Draft(id=message_id, at=moment(seconds), content=content, **parts)


def inbound(number: int = 1, content: str = "hello", **parts: Any) -> RecordInboundMessage:
    """A message of the usual thread."""
    given: dict[str, Any] = {
        "actor": CONTACT,
        "connection_id": CONNECTION,
        "chatbot_id": CHATBOT,
        "channel": Channel.TELEGRAM,
        "session_id": SESSION,
        "target": "77",
        "delivery_id": f"update-{number}",
        "external_id": f"external-{number}",
        "contact": InboundContact(alias="77", name="Mira"),
        "kind": MessageKind.TEXT,
        "content": content,
        "received_at": moment(),
    }
    return RecordInboundMessage(**(given | parts))
