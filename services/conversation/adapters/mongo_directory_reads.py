"""The directory, read without changing anything."""

from collections.abc import Sequence
from typing import Any

from pymongo import ASCENDING

from libs.contracts.conversation import Person
from libs.runtime.mongo import Store
from services.conversation.adapters import documents
from services.conversation.adapters.beginnings import beginning_with
from services.conversation.adapters.mongo_part import Collection, Records
from services.conversation.domain.directory import Account
from services.conversation.use_cases.directory_read_ports import PeopleFilter
from services.conversation.use_cases.ports import Chatbot

#: Milliseconds a read may take in the store.
READ_LIMIT = 2_500


class MongoDirectoryReads:
    """Implements the port Directory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records = Records(store)

    async def account(self, account_id: str) -> Account | None:
        """By id."""
        with self._store.guarded():
            row = await self._records.accounts.find_one({"_id": account_id}, max_time_ms=READ_LIMIT)
        return documents.account_of(row) if row else None

    async def chatbot(self, account_id: str, chatbot_id: str) -> Chatbot | None:
        """By id."""
        with self._store.guarded():
            row = await self._records.chatbots.find_one(
                {"_id": documents.in_account(account_id, chatbot_id), "account_id": account_id},
                max_time_ms=READ_LIMIT,
            )
        return documents.chatbot_of(row) if row else None

    async def chatbots(self, account_id: str, after: str | None, limit: int) -> Sequence[Chatbot]:
        """Along their ids, which begin with the account's."""
        rows = await self._page(self._records.chatbots, {"account_id": account_id}, after, limit)
        return [documents.chatbot_of(row) for row in rows]

    async def person(self, account_id: str, person_id: str) -> Person | None:
        """By id."""
        with self._store.guarded():
            row = await self._records.people.find_one(
                {"_id": documents.in_account(account_id, person_id), "account_id": account_id},
                max_time_ms=READ_LIMIT,
            )
        return documents.person_of(row) if row else None

    async def people_by_ids(self, account_id: str, person_ids: Sequence[str]) -> Sequence[Person]:
        """By their ids."""
        ids = [documents.in_account(account_id, one) for one in person_ids]
        with self._store.guarded():
            found = self._records.people.find({"_id": {"$in": ids}}).sort("_id", ASCENDING)
            rows = await found.max_time_ms(READ_LIMIT).to_list(len(ids))
        return [documents.person_of(row) for row in rows]

    async def people(
        self, account_id: str, wanted: PeopleFilter, after: str | None, limit: int
    ) -> Sequence[Person]:
        """Along their ids; an account's people are few enough to look at one after the other."""
        query: dict[str, Any] = {"account_id": account_id}
        if wanted.role is not None:
            query["role"] = wanted.role.value
        if wanted.department is not None:
            query["departments"] = wanted.department
        if wanted.prefix is not None:
            query["keys"] = beginning_with(wanted.prefix)
        rows = await self._page(self._records.people, query, after, limit)
        return [documents.person_of(row) for row in rows]

    async def _page(
        self, collection: Collection, wanted: dict[str, Any], after: str | None, limit: int
    ) -> list[documents.Document]:
        """Rows behind an id."""
        behind = documents.in_account(wanted["account_id"], after or "")
        with self._store.guarded():
            found = collection.find(wanted | {"_id": {"$gt": behind}}).sort("_id", ASCENDING)
            return await found.limit(limit).max_time_ms(READ_LIMIT).to_list(limit)
