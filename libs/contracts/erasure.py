"""A person is erased: the saga that every service acknowledges, and what is taken out of stored messages."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import Field

from libs.contracts.base import Command, Contract, Id, Query
from libs.contracts.contacts import ContactAlias
from libs.contracts.conversation import ConversationEvent, Person

#: Who has something of a person; each says when it is gone.
SERVICES = ("gateway", "conversation", "delivery", "ai", "notify")


class EraseContact(Command, type="erase_contact.v1"):
    """Erase a contact everywhere. Asked again, it answers with the erasure that is under way or done."""

    contact_id: Id


class EraseConversation(Command, type="erase_conversation.v1"):
    """Take everything personal out of one conversation; its shell stays for the counts."""

    erasure_id: Id
    conversation_id: Id


class ErasePerson(Command, type="erase_person.v1"):
    """For services without conversations of their own: forget whatever names one of these."""

    erasure_id: Id
    conversation_ids: tuple[Id, ...] = Field(default=(), max_length=10_000)
    contact_ids: tuple[Id, ...] = Field(default=(), max_length=1_000)
    aliases: tuple[ContactAlias, ...] = Field(default=(), max_length=1_000)


class AcknowledgeErasure(Command, type="acknowledge_erasure.v1"):
    """A service has nothing left of the person, or of one of their conversations."""

    erasure_id: Id
    service: str = Field(max_length=32)
    conversation_id: Id | None = None


class GetErasure(Query, type="get_erasure.v1"):
    """How far an erasure is. For admins."""

    person: Person
    erasure_id: Id


class ErasureView(Contract):
    """The answer to EraseContact and GetErasure. `waiting_for`: who has not acknowledged."""

    id: Id
    contact_id: Id
    status: str
    waiting_for: tuple[str, ...] = ()
    conversations: int = 0
    requested_at: datetime
    done_at: datetime | None = None


class ConversationErased(ConversationEvent, type="conversation.erased.v1"):
    """Nothing personal is left of the conversation here; whoever keeps something of it takes it out, too. In
    order behind everything that was ever told of it.
    """

    erasure_id: Id


#: Fields that hold what people wrote, or say where they are.
_WRITTEN = frozenset(
    {
        "alias",
        "body",
        "body_html",
        "client_message_id",
        "content",
        "delivery_id",
        "email",
        "external_id",
        "filename",
        "notice",
        "payload",
        "phone",
        "quote",
        "reason",
        "reply_to_external",
        "session_id",
        "subject",
        "target",
        "text",
        "title",
        "visitor_name",
    }
)
_LISTS = frozenset(
    {"added_labels", "aliases", "attachments", "citations", "external_ids", "further_sessions", "labels"}
    | {"other_ids", "reactions", "references", "removed_labels", "turns"}
)
#: Codes of ours, such as a handoff's reason.
_CODE = re.compile(r"[a-z][a-z_]{0,40}")
ERASED = "erased"


def without_person(value: Any) -> Any:
    """JSON of a message, event or frame without what a contact wrote or is called. Its form stays, so that it
    still fits its contract.
    """
    if isinstance(value, list):
        return [without_person(one) for one in value]
    if not isinstance(value, dict):
        return value
    cleared = {name: _cleared(name, one) for name, one in value.items()}
    if "name" in cleared and value.get("kind", "contact") in {"contact", "user"}:
        cleared["name"] = ""
    return cleared


def _cleared(name: str, value: Any) -> Any:
    if name in _LISTS and isinstance(value, list):
        return []
    if name in _WRITTEN and isinstance(value, str):
        return value if name == "reason" and _CODE.fullmatch(value) else ERASED
    return without_person(value)


def names_any(value: Any, ids: Iterable[str]) -> bool:
    """Whether a text or number anywhere in JSON is one of these ids."""
    wanted = ids if isinstance(ids, frozenset) else frozenset(ids)
    if isinstance(value, dict):
        return any(names_any(one, wanted) for one in value.values())
    if isinstance(value, list):
        return any(names_any(one, wanted) for one in value)
    return isinstance(value, str | int) and str(value) in wanted
