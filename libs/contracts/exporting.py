"""Everything that is known of a contact, for administrators: page by page, each of a bounded size."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from libs.contracts.base import Contract, Id, Query
from libs.contracts.contacts import ContactDetail
from libs.contracts.conversation import Person


class ExportKind(StrEnum):
    """What a record is, in the order in which a conversation's records come."""

    CONVERSATION = "conversation"
    MESSAGE = "message"
    TRANSITION = "transition"
    SUGGESTION = "suggestion"
    NOTE = "note"
    SCHEDULED_REPLY = "scheduled_reply"


class ExportRecord(Contract):
    """One record of a conversation; `data` has the fields that the API shows of its kind."""

    kind: ExportKind
    conversation_id: Id
    data: dict[str, Any]


class ExportContact(Query, type="export_contact.v1"):
    """A page of what is known of a contact, or of the one it was merged into; `cursor` is the `next_cursor`
    of the page before. `forbidden` but for administrators, `not_found` without such a contact.
    """

    person: Person
    contact_id: Id
    cursor: str | None = Field(default=None, max_length=2048)


class ExportPage(Contract):
    """The answer to ExportContact: the contact as it is now, and records, conversation by conversation. The
    last page has no `next_cursor`.
    """

    contact: ContactDetail
    records: tuple[ExportRecord, ...]
    exported_at: datetime
    next_cursor: str | None = None
