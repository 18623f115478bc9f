"""The rules about changing the people of an account."""

from libs.contracts.base import Actor
from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.people import UpdatePerson
from libs.contracts.vocabulary import Role
from services.conversation.domain.contact import name_keys, search_key


def changed(person: Person, changes: UpdatePerson) -> Person:
    """The person with these changes."""
    given = {name: getattr(changes, name) for name in ("email", "name", "role", "departments", "active")}
    return person.model_copy(update={name: value for name, value in given.items() if value is not None})


def gives_up_administration(before: Person, after: Person | None) -> bool:
    """Whether the account has an administrator less; `after` is None for somebody who goes."""
    return _is_administrator(before) and not (after is not None and _is_administrator(after))


def _is_administrator(person: Person) -> bool:
    return person.active and person.role == Role.ADMIN


def works_no_more(before: Person, after: Person | None) -> bool:
    """Whether somebody who answered does so no longer."""
    return works(before) and not (after is not None and works(after))


def works(person: Person) -> bool:
    """Whether somebody answers, and can be given work."""
    return person.active and person.role in {Role.AGENT, Role.ADMIN}


def check_administration(actor: Actor, before: Person, after: Person | None, other_admins: int) -> None:
    """Raise DomainError `forbidden` for somebody who takes their own administration or themselves away, and
    `conflict` for the last administrator: nobody could give it back.
    """
    if actor.id == before.id and (after is None or gives_up_administration(before, after)):
        raise DomainError(ErrorCode.FORBIDDEN, "nobody takes this away from themselves")
    if gives_up_administration(before, after) and not other_admins:
        raise DomainError(ErrorCode.CONFLICT, "the account's last administrator stays")


def person_keys(person: Person) -> list[str]:
    """What a search finds a person by."""
    return sorted({search_key(person.email), *name_keys(person.name)})
