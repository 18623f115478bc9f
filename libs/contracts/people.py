"""The people of an account, as administrators manage them. Every command goes to the account's partition.

Passwords are the gateway's: no message here has one.
"""

from typing import Annotated

from pydantic import Field

from libs.contracts.base import Command, Contract, Id, Name, Query
from libs.contracts.conversation import Person
from libs.contracts.vocabulary import Role

Email = Annotated[str, Field(max_length=320)]
Departments = Annotated[tuple[Id, ...], Field(max_length=64)]


class PersonPage(Contract):
    """The answer to ListPeople, in the order of their ids."""

    items: tuple[Person, ...]
    next_cursor: str | None = None


class ListPeople(Query, type="list_people.v1"):
    """People of the account, for administrators. `search`: what the email address or a word of the name
    begins with.
    """

    person: Person
    role: Role | None = None
    department: Id | None = None
    search: str | None = Field(default=None, max_length=256)
    cursor: str | None = Field(default=None, max_length=512)
    page_size: int = Field(default=20, ge=1, le=100)


class FindPerson(Query, type="find_person.v1"):
    """One person, for administrators."""

    person: Person
    person_id: Id


class CreatePerson(Command, type="create_person.v1"):
    """Somebody new; `conflict` when the account has somebody of this id or email address."""

    person: Person


class UpdatePerson(Command, type="update_person.v1"):
    """Change a person; what is None stays. `conflict` for an address that somebody else has, and for the last
    administrator; `forbidden` for an administrator who gives up their own role. Whoever is made inactive
    loses what is assigned to them.
    """

    person_id: Id
    email: Email | None = None
    name: Name | None = None
    role: Role | None = None
    departments: Departments | None = None
    active: bool | None = None


class DeletePerson(Command, type="delete_person.v1"):
    """Remove a person; what was assigned to them is nobody's. `conflict` for the last administrator,
    `forbidden` for oneself. The answer is the person as they were.
    """

    person_id: Id


class ReleaseConversation(Command, type="release_conversation.v1"):
    """What is assigned to somebody who works no more is nobody's; not if it is another one's by now."""

    conversation_id: Id
    person_id: Id
