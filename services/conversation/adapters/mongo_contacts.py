"""Contacts in MongoDB: a document an alias. A merged one keeps its alias and points to the other."""

from collections.abc import Sequence
from typing import Any

from pymongo import ASCENDING, DESCENDING

from libs.contracts.contacts import ContactAlias
from libs.runtime.mongo import Store
from services.conversation.adapters.beginnings import beginning_with
from services.conversation.adapters.documents import Document
from services.conversation.adapters.mongo_part import MongoPart, Records
from services.conversation.domain.contact import Contact
from services.conversation.domain.policy import Visibility

#: Milliseconds a read may take in the store.
READ_LIMIT = 2_500
#: Aliases of one contact that are read.
MOST_ALIASES = 200
_OPTIONAL = ("given_name", "value", "email", "phone", "merged_into")


def contact_of(row: Document) -> Contact:
    """A document's contact."""
    return Contact(
        id=row["_id"],
        account_id=row["account_id"],
        connection_id=row["connection_id"],
        alias=row["alias"],
        name=row["name"],
        # Pairs, because a name that somebody chose is no name of a field.
        attributes=dict(row.get("attributes", ())),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        **{name: row.get(name) for name in _OPTIONAL},
    )


class MongoContacts(MongoPart):
    """Contacts within a transaction."""

    async def contact_by_id(self, contact_id: str) -> Contact | None:
        """By id."""
        row = await self._get(self._records.contacts, _id=contact_id, account_id=self._account_id)
        return contact_of(row) if row else None

    async def save_contact(self, contact: Contact) -> None:
        """Without what the channel says of it, which inbound messages write."""
        optional = {name: getattr(contact, name) for name in _OPTIONAL}
        kept = {name: value for name, value in optional.items() if value is not None}
        gone = dict.fromkeys(optional.keys() - kept.keys(), "")
        kept |= {"attributes": list(contact.attributes.items()), "keys": contact.keys()}
        kept["updated_at"] = contact.updated_at
        changes: dict[str, Any] = {"$set": kept} | ({"$unset": gone} if gone else {})
        await self._records.contacts.update_one(
            {"_id": contact.id, "account_id": self._account_id}, changes, session=self._session
        )

    async def aliases_merged_into(self, contact_id: str) -> tuple[ContactAlias, ...]:
        """By the index of merged ones."""
        wanted = {"account_id": self._account_id, "merged_into": contact_id}
        rows = await (
            self._records.contacts.find(wanted, session=self._session)
            .sort("_id", ASCENDING)
            .to_list(MOST_ALIASES)
        )
        return tuple(_alias(row) for row in rows)

    async def repoint_merged(self, contact_id: str, into: str) -> None:
        """By the index of merged ones."""
        await self._records.contacts.update_many(
            {"account_id": self._account_id, "merged_into": contact_id},
            {"$set": {"merged_into": into}},
            session=self._session,
        )

    async def sees_contact(self, contact_id: str, visibility: Visibility) -> bool:
        """By the index of contacts."""
        query = seen_query(self._account_id, [contact_id], visibility)
        if query is None:
            return False
        row = await self._records.conversations.find_one(query, projection=["_id"], session=self._session)
        return row is not None

    async def conversations_of_contact(self, contact_id: str, limit: int) -> Sequence[str]:
        """By the index of contacts."""
        rows = await (
            self._records.conversations.find(
                {"account_id": self._account_id, "contact.id": contact_id},
                projection=["_id"],
                session=self._session,
            )
            .sort("updated_at", DESCENDING)
            .limit(limit)
            .to_list(limit)
        )
        return [row["_id"] for row in rows]


class MongoContactReads:
    """Implements the port Contacts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records = Records(store)

    async def contact(self, account_id: str, contact_id: str) -> Contact | None:
        """By id."""
        with self._store.guarded():
            row = await self._records.contacts.find_one(
                {"_id": contact_id, "account_id": account_id}, max_time_ms=READ_LIMIT
            )
        return contact_of(row) if row else None

    async def search(
        self, account_id: str, prefix: str | None, after: str | None, limit: int
    ) -> Sequence[Contact]:
        """A prefix is a range of either index of keys."""
        query: dict[str, Any] = {"account_id": account_id, "merged_into": {"$exists": False}}
        if after is not None:
            query["_id"] = {"$gt": after}
        if prefix:
            begins = beginning_with(prefix)
            query = {"$or": [query | {"name_keys": begins}, query | {"keys": begins}]}
        with self._store.guarded():
            found = self._records.contacts.find(query).sort("_id", ASCENDING).limit(limit)
            return [contact_of(row) for row in await found.max_time_ms(READ_LIMIT).to_list(limit)]

    async def merged_aliases(
        self, account_id: str, contact_ids: Sequence[str]
    ) -> dict[str, tuple[ContactAlias, ...]]:
        """By the index of merged ones, of all at once."""
        wanted = {"account_id": account_id, "merged_into": {"$in": list(contact_ids)}}
        most = MOST_ALIASES * max(1, len(contact_ids))
        with self._store.guarded():
            found = self._records.contacts.find(wanted).sort("_id", ASCENDING).limit(most)
            rows = await found.max_time_ms(READ_LIMIT).to_list(most)
        others: dict[str, tuple[ContactAlias, ...]] = {}
        for row in rows:
            into = row["merged_into"]
            others[into] = (*others.get(into, ()), _alias(row))
        return others

    async def seen(self, account_id: str, contact_ids: Sequence[str], visibility: Visibility) -> set[str]:
        """By the index of contacts."""
        query = seen_query(account_id, contact_ids, visibility)
        if query is None:
            return set()
        with self._store.guarded():
            return set(await self._records.conversations.distinct("contact.id", query, maxTimeMS=READ_LIMIT))


def seen_query(account_id: str, contact_ids: Sequence[str], visibility: Visibility) -> Document | None:
    """Conversations of these contacts that somebody may see; None when there can be none."""
    if visibility.nothing or not contact_ids:
        return None
    query: Document = {"account_id": account_id, "contact.id": {"$in": list(contact_ids)}}
    if not visibility.everything:
        query["$or"] = [
            {"department": {"$in": [None, *sorted(visibility.departments)]}},
            {"assignee_id": visibility.person_id},
        ]
    return query


def _alias(row: Document) -> ContactAlias:
    return ContactAlias(connection_id=row["connection_id"], alias=row["alias"])
