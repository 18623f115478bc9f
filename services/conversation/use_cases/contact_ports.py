"""What the use cases about contacts need from outside."""

from collections.abc import Sequence
from typing import Protocol

from libs.contracts.base import Command
from libs.contracts.contacts import ContactAlias
from services.conversation.domain.contact import Contact
from services.conversation.domain.erasure import Erasure
from services.conversation.domain.policy import Visibility


class ContactRecords(Protocol):
    """One account's contacts within a transaction."""

    async def contact_by_id(self, contact_id: str) -> Contact | None:
        """A contact."""

    async def save_contact(self, contact: Contact) -> None:
        """Keep it."""

    async def aliases_merged_into(self, contact_id: str) -> tuple[ContactAlias, ...]:
        """The aliases that other contacts brought in."""

    async def repoint_merged(self, contact_id: str, into: str) -> None:
        """Those that were merged into one contact are part of another from here on."""

    async def sees_contact(self, contact_id: str, visibility: Visibility) -> bool:
        """Whether a conversation of the contact is among those."""

    async def conversations_of_contact(self, contact_id: str, limit: int) -> Sequence[str]:
        """The ids of the contact's conversations, those of the newest activity first."""

    async def forget_contact(self, contact_id: str) -> Sequence[Contact]:
        """Delete a contact and those that were merged into it, with what was answered about them. They as
        they were.
        """

    async def erasure(self, erasure_id: str) -> Erasure | None:
        """An erasure."""

    async def erasure_of(self, contact_id: str) -> Erasure | None:
        """The erasure of a contact."""

    async def save_erasure(self, erasure: Erasure) -> None:
        """Keep it, new or not."""

    async def erase_records(self, conversation_id: str, *, connection_id: str, names: frozenset[str]) -> None:
        """Take everything personal out of what is kept of a conversation, itself excepted. `names` are all
        that its contact is called by, on their channel as well.
        """

    def tell(self, command: Command, conversation_id: str) -> None:
        """Have a command published to a conversation's partition once all this is kept."""


class Erasures(Protocol):
    """What can be read of erasures."""

    async def erasure(self, account_id: str, erasure_id: str) -> Erasure | None:
        """One of the account."""


class Contacts(Protocol):
    """What can be read of contacts without changing anything; always of one account."""

    async def contact(self, account_id: str, contact_id: str) -> Contact | None:
        """One contact."""

    async def search(
        self, account_id: str, prefix: str | None, after: str | None, limit: int
    ) -> Sequence[Contact]:
        """Contacts behind the id `after`, in the order of their ids, none that was merged into another. A
        `prefix` is a search key.
        """

    async def merged_aliases(
        self, account_id: str, contact_ids: Sequence[str]
    ) -> dict[str, tuple[ContactAlias, ...]]:
        """For each contact the aliases that other contacts brought in."""

    async def seen(self, account_id: str, contact_ids: Sequence[str], visibility: Visibility) -> set[str]:
        """Those of whom a conversation is among the visible ones."""
