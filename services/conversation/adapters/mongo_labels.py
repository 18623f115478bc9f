"""An account's labels in MongoDB: the name is a part of the id."""

from collections.abc import Sequence
from typing import Any

from pymongo import ASCENDING, IndexModel

from libs.contracts.labels import Label
from libs.runtime.mongo import Store
from services.conversation.adapters.documents import Document, in_account
from services.conversation.adapters.mongo_part import MongoPart, Records

#: Milliseconds a read may take in the store.
READ_LIMIT = 2_500
INDEXES = {"labels": [IndexModel([("account_id", ASCENDING), ("name", ASCENDING)], name="of_account")]}


class MongoLabels(MongoPart):
    """Implements LabelRecords, a part of the port Transaction."""

    async def known_labels(self, names: Sequence[str]) -> set[str]:
        """By the index of accounts."""
        wanted = {"account_id": self._account_id, "name": {"$in": list(names)}}
        rows = self._records.labels.find(wanted, projection=["name"], session=self._session)
        return {row["name"] for row in await rows.to_list(None)}

    async def label(self, name: str) -> Label | None:
        """By id."""
        row = await self._get(self._records.labels, _id=in_account(self._account_id, name))
        return Label.model_validate(row) if row else None

    async def count_labels(self) -> int:
        """By the index of accounts."""
        return await self._records.labels.count_documents(
            {"account_id": self._account_id}, session=self._session
        )

    async def add_label(self, label: Label) -> None:
        """Written unless it is there."""
        document = self._document(label)
        await self._records.labels.update_one(
            {"_id": document["_id"]}, {"$setOnInsert": document}, upsert=True, session=self._session
        )

    async def put_label(self, label: Label) -> None:
        """In place of the old one."""
        await self._put(self._records.labels, self._document(label))

    async def delete_label(self, name: str) -> None:
        """By id."""
        await self._records.labels.delete_one(
            {"_id": in_account(self._account_id, name)}, session=self._session
        )

    async def labelled(self, name: str, after: str | None, limit: int) -> Sequence[str]:
        """Along the index of labels, whose entries have the ids: nothing else is read."""
        wanted: dict[str, Any] = {"account_id": self._account_id, "labels": name}
        if after is not None:
            wanted["_id"] = {"$gt": after}
        rows = self._records.conversations.find(wanted, projection=["_id"], session=self._session)
        return [row["_id"] for row in await rows.sort("_id", ASCENDING).limit(limit).to_list(limit)]

    def _document(self, label: Label) -> Document:
        return {
            "_id": in_account(self._account_id, label.name),
            "account_id": self._account_id,
            **label.model_dump(),
        }


class MongoLabelReads:
    """Implements the port Labels."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = Records(store).labels

    async def labels(self, account_id: str, limit: int) -> Sequence[Label]:
        """Along the index of accounts."""
        with self._store.guarded():
            found = self._rows.find({"account_id": account_id}).sort("name", ASCENDING).limit(limit)
            return [Label.model_validate(row) for row in await found.max_time_ms(READ_LIMIT).to_list(limit)]
