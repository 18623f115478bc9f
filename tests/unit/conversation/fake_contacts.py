"""Contacts in memory, with the same promises as those in MongoDB."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from libs.contracts.base import Command
from libs.contracts.contacts import ContactAlias
from libs.contracts.conversation import ContactView
from libs.contracts.topology import CONVERSATION_COMMANDS
from libs.contracts.vocabulary import SenderKind
from services.conversation.domain.contact import Contact, name_keys
from services.conversation.domain.erasure import Erasure
from services.conversation.domain.policy import Visibility
from services.conversation.use_cases.ports import NewId


def _alias(contact: Contact) -> ContactAlias:
    return ContactAlias(connection_id=contact.connection_id, alias=contact.alias)


class InMemoryContactRecords:
    """The contacts of the port Transaction."""

    _records: Any
    _account_id: str

    def _of_account(self) -> list[Contact]:
        return [one for key, one in self._records.contacts.items() if key[0] == self._account_id]

    async def contact(self, connection_id: str, alias: str, name: str, new_id: NewId) -> ContactView:
        key = (self._account_id, connection_id, alias)
        known = self._records.contacts.get(key)
        if known is None:
            at = self._records.now
            known = self._records.contacts[key] = Contact(
                id=new_id(),
                account_id=self._account_id,
                connection_id=connection_id,
                alias=alias,
                name=name,
                created_at=at,
                updated_at=at,
            )
        elif name.strip():
            known.name = name
        if known.merged_into is not None:
            (known,) = (one for one in self._of_account() if one.id == known.merged_into)
        return known.view()

    async def contact_by_id(self, contact_id: str) -> Contact | None:
        return next((deepcopy(one) for one in self._of_account() if one.id == contact_id), None)

    async def save_contact(self, contact: Contact) -> None:
        self._records.contacts[self._account_id, contact.connection_id, contact.alias] = deepcopy(contact)

    async def aliases_merged_into(self, contact_id: str) -> tuple[ContactAlias, ...]:
        return tuple(_alias(one) for one in self._of_account() if one.merged_into == contact_id)

    def _conversations_of(self, contact_id: str) -> list[Any]:
        return [
            one
            for (account_id, _), one in self._records.conversations.items()
            if account_id == self._account_id and one.contact.id == contact_id
        ]

    async def repoint_merged(self, contact_id: str, into: str) -> None:
        for one in self._of_account():
            if one.merged_into == contact_id:
                one.merged_into = into

    async def sees_contact(self, contact_id: str, visibility: Visibility) -> bool:
        return any(
            visibility.allows(one.department, one.assignee_id) for one in self._conversations_of(contact_id)
        )

    async def conversations_of_contact(self, contact_id: str, limit: int) -> Sequence[str]:
        found = sorted(self._conversations_of(contact_id), key=lambda one: one.updated_at, reverse=True)
        return [one.id for one in found[:limit]]

    async def forget_contact(self, contact_id: str) -> Sequence[Contact]:
        gone = [one for one in self._of_account() if contact_id in {one.id, one.merged_into}]
        for one in gone:
            del self._records.contacts[self._account_id, one.connection_id, one.alias]
        return gone

    async def erasure(self, erasure_id: str) -> Erasure | None:
        return deepcopy(self._records.erasures.get((self._account_id, erasure_id)))

    async def erasure_of(self, contact_id: str) -> Erasure | None:
        for (account_id, _), one in self._records.erasures.items():
            if account_id == self._account_id and contact_id in one.contact_ids:
                return deepcopy(one)
        return None

    async def save_erasure(self, erasure: Erasure) -> None:
        self._records.erasures[self._account_id, erasure.id] = deepcopy(erasure)

    async def erase_records(self, conversation_id: str, *, connection_id: str, names: frozenset[str]) -> None:
        for key, message in list(self._records.messages.items()):
            if message.view.conversation_id == conversation_id:
                view = message.view
                sender = view.sender
                if sender.kind is not SenderKind.AGENT:
                    sender = sender.model_copy(update={"name": ""})
                kept = {"content": "", "attachments": (), "citations": (), "sender": sender}
                blank = view.model_copy(update=kept | {"reply_to": None, "client_message_id": None})
                self._records.messages[key] = replace(message, view=blank, external_ids=(), delivery_id=None)
        for one in self._of_account():
            if one.connection_id == connection_id and one.alias in names:
                del self._records.contacts[self._account_id, connection_id, one.alias]

    def tell(self, command: Command, conversation_id: str) -> None:
        self.send(command, exchange=CONVERSATION_COMMANDS, subject=conversation_id)  # type: ignore[attr-defined]


class InMemoryContacts:
    """Implements the ports Contacts and Erasures."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def _of_account(self, account_id: str) -> list[Contact]:
        found = [one for key, one in self._store.records.contacts.items() if key[0] == account_id]
        return sorted(found, key=lambda one: one.id)

    async def erasure(self, account_id: str, erasure_id: str) -> Erasure | None:
        return deepcopy(self._store.records.erasures.get((account_id, erasure_id)))

    async def contact(self, account_id: str, contact_id: str) -> Contact | None:
        return next((deepcopy(one) for one in self._of_account(account_id) if one.id == contact_id), None)

    async def search(
        self, account_id: str, prefix: str | None, after: str | None, limit: int
    ) -> Sequence[Contact]:
        found = [
            one
            for one in self._of_account(account_id)
            if one.merged_into is None
            and one.id > (after or "")
            and any(key.startswith(prefix or "") for key in [*one.keys(), *name_keys(one.name)])
        ]
        return deepcopy(found[:limit])

    async def merged_aliases(
        self, account_id: str, contact_ids: Sequence[str]
    ) -> dict[str, tuple[ContactAlias, ...]]:
        others: dict[str, tuple[ContactAlias, ...]] = {}
        for one in self._of_account(account_id):
            if one.merged_into in contact_ids:
                others[one.merged_into] = (*others.get(one.merged_into, ()), _alias(one))
        return others

    async def seen(self, account_id: str, contact_ids: Sequence[str], visibility: Visibility) -> set[str]:
        return {
            one.contact.id
            for (owner, _), one in self._store.records.conversations.items()
            if owner == account_id
            and one.contact.id in contact_ids
            and visibility.allows(one.department, one.assignee_id)
        }
