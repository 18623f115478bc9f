"""What an account of Chatwoot holds: contacts, their links to inboxes, conversations, messages."""

import itertools
import random
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from libs.standins.http_api import JsonObject

#: What the database knows a conversation by lies well apart from what its paths call it, so that code which
#: takes the one for the other is found out.
DATABASE_OFFSET = 500_000
STATUSES = ("open", "resolved", "pending", "snoozed")
SENT, INCOMING = 1, 0


def _numbers() -> "itertools.count[int]":
    # From a random place on: a restarted stand-in must not give an id again.
    return itertools.count(random.SystemRandom().randrange(10_000, 400_000))


@dataclass(slots=True)
class Contact:
    """A person. ``sources`` is inbox id to the address there."""

    id: int
    name: str = ""
    email: str | None = None
    phone_number: str | None = None
    identifier: str | None = None
    sources: dict[int, str] = field(default_factory=dict)

    def as_json(self) -> JsonObject:
        """Return it as Chatwoot shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "phone_number": self.phone_number,
            "identifier": self.identifier,
            "thumbnail": "",
            "blocked": False,
            "custom_attributes": {},
            "additional_attributes": {},
        }


@dataclass(slots=True)
class Conversation:
    """A conversation; ``id`` is its display id."""

    id: int
    inbox_id: int
    contact: Contact
    status: str = "open"
    can_reply: bool = True
    assignee: JsonObject | None = None
    messages: list[JsonObject] = field(default_factory=list)

    @property
    def database_id(self) -> int:
        """What no path takes."""
        return self.id + DATABASE_OFFSET


@dataclass(slots=True)
class State:
    """All of it."""

    account_id: int
    contacts: dict[int, Contact] = field(default_factory=dict)
    conversations: dict[int, Conversation] = field(default_factory=dict)
    _ids: Any = field(default_factory=_numbers)

    def next_id(self) -> int:
        """A number not used before."""
        return int(next(self._ids))

    def add_contact(self, **fields: Any) -> Contact:
        """A new person."""
        contact = Contact(self.next_id(), **fields)
        self.contacts[contact.id] = contact
        return contact

    def link(self, contact: Contact, inbox_id: int, source_id: str | None = None) -> str:
        """Give a person an address in an inbox."""
        return contact.sources.setdefault(inbox_id, source_id or str(uuid.uuid4()))

    def add_conversation(self, contact: Contact, inbox_id: int, status: str) -> Conversation:
        """A new conversation."""
        self.link(contact, inbox_id)
        conversation = Conversation(self.next_id(), inbox_id, contact, status)
        self.conversations[conversation.id] = conversation
        return conversation

    def add_message(
        self, conversation: Conversation, kind: int, content: str | None, **more: Any
    ) -> JsonObject:
        """A new message, as REST answers show it."""
        message: JsonObject = {
            "id": self.next_id(),
            "content": content,
            "inbox_id": conversation.inbox_id,
            "conversation_id": conversation.id,
            "account_id": self.account_id,
            "message_type": kind,
            "content_type": "text",
            "status": "sent",
            "content_attributes": {},
            "created_at": int(time.time()),
            "private": False,
            "source_id": None,
            **more,
        }
        conversation.messages.append(message)
        return message
