"""The person on the other side, over all their channels."""

from dataclasses import dataclass, field
from datetime import datetime

from libs.contracts.contacts import ContactAlias, ContactDetail, UpdateContact
from libs.contracts.conversation import ContactView
from libs.contracts.errors import DomainError, ErrorCode

#: What may be emptied. A cleared name is again what the channel says.
CLEARABLE = frozenset({"name", "value", "attributes", "email", "phone"})
#: Words of a name that a search can begin with.
MOST_WORDS = 8
#: Attributes of one contact.
MOST_ATTRIBUTES = 50


@dataclass(kw_only=True)
class Contact:
    """One alias' record. `name` is what the channel says, `given_name` what a person of the account says.
    `merged_into` is set on one that is part of another contact now: it only keeps the alias.
    """

    id: str
    account_id: str
    connection_id: str
    alias: str
    created_at: datetime
    updated_at: datetime
    name: str = ""
    given_name: str | None = None
    value: float | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    email: str | None = None
    phone: str | None = None
    merged_into: str | None = None

    @property
    def shown_name(self) -> str:
        """What everybody sees."""
        return self.given_name or self.name

    def view(self) -> ContactView:
        """As conversations show it."""
        return ContactView(id=self.id, name=self.shown_name)

    def detail(self, others: tuple[ContactAlias, ...] = ()) -> ContactDetail:
        """All of it; `others` are the aliases of contacts that were merged into this one."""
        own = ContactAlias(connection_id=self.connection_id, alias=self.alias)
        return ContactDetail(
            id=self.id,
            name=self.shown_name,
            aliases=(own, *others),
            value=self.value,
            attributes=self.attributes,
            email=self.email,
            phone=self.phone,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )

    def update(self, changes: UpdateContact, at: datetime) -> bool:
        """Take the changes over; whether the name that everybody sees is another one now. Raises DomainError
        `invalid` for a field that cannot be cleared.
        """
        if not set(changes.cleared) <= CLEARABLE:
            raise DomainError(ErrorCode.INVALID, "there is no such field to clear")
        before = self.shown_name
        for name in changes.cleared:
            self._set(name, {} if name == "attributes" else None)
        for name in sorted(CLEARABLE):
            given = getattr(changes, name)
            if given is not None:
                self._set(name, given)
        self.updated_at = at
        return self.shown_name != before

    def take_in(self, other: "Contact", at: datetime) -> None:
        """Make another contact part of this one. What is known of this one stands; what only the other had
        is added.
        """
        for name in ("value", "email", "phone"):
            if getattr(self, name) is None:
                setattr(self, name, getattr(other, name))
        added = {name: value for name, value in other.attributes.items() if name not in self.attributes}
        room = MOST_ATTRIBUTES - len(self.attributes)
        self.attributes = self.attributes | dict(list(added.items())[:room])
        if not self.shown_name:
            self.given_name = other.shown_name or None
        other.merged_into = self.id
        other.given_name = other.value = other.email = other.phone = None
        other.attributes = {}
        self.updated_at = other.updated_at = at

    def learn(self, *, phone: str | None, email: str | None, at: datetime) -> bool:
        """What the channel tells; what is known already stands. Whether anything is new."""
        before = (self.phone, self.email)
        self.phone, self.email = self.phone or phone, self.email or email
        if before == (self.phone, self.email):
            return False
        self.updated_at = at
        return True

    def _set(self, name: str, given: object) -> None:
        setattr(self, "given_name" if name == "name" else name, given)

    def keys(self) -> list[str]:
        """What a search finds it by, beside the channel's name."""
        found = [*name_keys(self.given_name or ""), self.email, self.phone, self.alias]
        return sorted({search_key(one) for one in found if one})


def search_key(text: str) -> str:
    """Text as it is compared in a search."""
    return " ".join(text.casefold().split())


def name_keys(name: str) -> list[str]:
    """The name from each of its words on, so that a search may begin with the family name."""
    words = search_key(name).split()
    return [" ".join(words[start:]) for start in range(min(len(words), MOST_WORDS))]
