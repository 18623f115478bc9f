"""People whom an outside identity provider vouches for: what its token's claims mean here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Role

_LONGEST = 256
_MOST_DEPARTMENTS = 64


@dataclass(frozen=True, slots=True)
class ClaimMapping:
    """Which claim says what. With `account_id` every token is of that account, and no claim is asked. With a
    `role` claim the provider says role and departments; otherwise the directory does, and has to know them.
    """

    account_id: str | None = None
    account: str = "account_id"
    person: str = "sub"
    email: str = "email"
    name: str = "name"
    role: str | None = None
    departments: str = "departments"
    #: The provider's words for our roles. A word that is not here gives none.
    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whom a token is about. `role` is None where the directory says it."""

    account_id: str
    person_id: str
    email: str
    name: str
    role: Role | None
    departments: tuple[str, ...]

    def person(self, known: Person | None) -> Person:
        """Who that is here. Raises DomainError `unauthenticated` for somebody whom nobody gives a role, and
        for somebody inactive.
        """
        if known is not None and not known.active:
            raise refused()
        if self.role is None:
            if known is None:
                raise refused()
            return known
        return Person(
            id=self.person_id,
            account_id=self.account_id,
            email=self.email or (known.email if known else ""),
            name=self.name or (known.name if known else ""),
            role=self.role,
            departments=self.departments,
        )


def claimed(claims: Mapping[str, Any], mapping: ClaimMapping) -> Claimed:
    """Whom these claims are about. Raises DomainError `unauthenticated` for what does not fit."""
    account_id = mapping.account_id or _text(claims.get(mapping.account))
    person_id = _text(claims.get(mapping.person))
    if not account_id or not person_id:
        raise refused()
    role = None if mapping.role is None else _role(claims.get(mapping.role), mapping.roles)
    return Claimed(
        account_id=account_id,
        person_id=person_id,
        email=_text(claims.get(mapping.email)),
        name=_text(claims.get(mapping.name)),
        role=role,
        departments=tuple(_texts(claims.get(mapping.departments)))[:_MOST_DEPARTMENTS],
    )


def refused() -> DomainError:
    """The one answer to every token that does not count."""
    return DomainError(ErrorCode.UNAUTHENTICATED, "The token is missing, ended or not valid.")


def _role(value: Any, roles: Mapping[str, str]) -> Role:
    """The highest role that one of the words gives."""
    given = {roles[word] for word in _texts(value) if word in roles}
    for role in (Role.ADMIN, Role.AGENT, Role.USER):
        if role in given:
            return role
    raise refused()


def _texts(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [text for one in found if (text := _text(one))]


def _text(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= _LONGEST else ""
