"""Contacts as the conversation service keeps them: the people on the other side, over all their channels."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from libs.contracts.base import Command, Contract, Id, Name, Query
from libs.contracts.conversation import ContactView, Person

Email = Annotated[str, Field(max_length=320)]
Phone = Annotated[str, Field(max_length=64)]
AttributeName = Annotated[str, Field(min_length=1, max_length=64)]
AttributeValue = Annotated[str, Field(max_length=512)]
Attributes = Annotated[dict[AttributeName, AttributeValue], Field(max_length=50)]


class ContactAlias(Contract):
    """Who the contact is on one connection."""

    connection_id: Id
    alias: Id


class ContactDetail(Contract):
    """A contact with all that is known of them. `value`: what the lead is worth, in the account's unit."""

    id: Id
    name: Name = ""
    aliases: tuple[ContactAlias, ...] = Field(default=(), max_length=256)
    value: float | None = None
    attributes: Attributes = Field(default_factory=dict)
    email: Email | None = None
    phone: Phone | None = None
    created_at: datetime
    updated_at: datetime


class ContactPage(Contract):
    """The answer to ListContacts. A page may be short: what the caller may not see is left out."""

    items: tuple[ContactDetail, ...]
    next_cursor: str | None = None


class ListContacts(Query, type="list_contacts.v1"):
    """Contacts whose name (any word of it), email, phone or alias begins with `search`, the oldest first."""

    person: Person
    search: str | None = Field(default=None, max_length=256)
    cursor: str | None = Field(default=None, max_length=512)
    page_size: int = Field(default=20, ge=1, le=100)


class GetContact(Query, type="get_contact.v1"):
    """One contact; of one that was merged into another, that other one. `not_found` when the caller may see
    none of their conversations.
    """

    person: Person
    contact_id: Id


class UpdateContact(Command, type="update_contact.v1"):
    """Change what is known of a contact. What is None stays, what is named in `cleared` is emptied; a name
    that a person gave takes precedence over what the channel says.
    """

    contact_id: Id
    name: Name | None = None
    value: float | None = None
    attributes: Attributes | None = None
    email: Email | None = None
    phone: Phone | None = None
    cleared: tuple[str, ...] = Field(default=(), max_length=8)


class RenameContact(Command, type="rename_contact.v1"):
    """A contact's new name, for one of their conversations."""

    conversation_id: Id
    contact: ContactView


class MergeContacts(Command, type="merge_contacts.v1"):
    """Make one contact part of another, for good: aliases, conversations and what is known of them."""

    contact_id: Id
    into: Id


class MoveToContact(Command, type="move_to_contact.v1"):
    """One conversation of a contact that was merged: it is with the other one now."""

    conversation_id: Id
    from_contact_id: Id
    contact: ContactView
