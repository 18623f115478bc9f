"""A lease in the store: at most one process at a time does a thing, by the store's own clock."""

from datetime import timedelta
from typing import Any

from pymongo import IndexModel, ReturnDocument

from libs.runtime.mongo import Store

COLLECTION = "leases"
INDEXES: dict[str, list[IndexModel]] = {COLLECTION: []}


class Lease:
    """Held by one owner until it lapses or is given back."""

    def __init__(self, store: Store, name: str, owner: str, *, seconds: float = 6.0) -> None:
        self._store = store
        self._name = name
        self._owner = owner
        self._milliseconds = int(timedelta(seconds=seconds).total_seconds() * 1000)

    async def hold(self) -> bool:
        """Take or renew it. False while somebody else has it. Raises TransientError."""
        with self._store.guarded():
            row = await self._store.database[COLLECTION].find_one_and_update(
                {"_id": self._name}, self._take(), upsert=True, return_document=ReturnDocument.AFTER
            )
        return bool(row["owner"] == self._owner)

    def _take(self) -> list[dict[str, Any]]:
        # Decided inside the update: an upsert's filter may not compare with the server's clock.
        free = {"$or": [{"$eq": ["$owner", self._owner]}, {"$lt": ["$until", "$$NOW"]}]}
        until = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": self._milliseconds}}
        return [
            {"$set": {"free": free}},
            {
                "$set": {
                    "owner": {"$cond": ["$free", self._owner, "$owner"]},
                    "until": {"$cond": ["$free", until, "$until"]},
                }
            },
            {"$unset": "free"},
        ]

    async def give_back(self) -> None:
        """Let the next one have it at once."""
        with self._store.guarded():
            await self._store.database[COLLECTION].delete_one({"_id": self._name, "owner": self._owner})
