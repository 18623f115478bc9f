"""A lease in the store: at most one process at a time does a thing, by the store's own clock."""

from datetime import timedelta

from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

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
        free = {"$or": [{"owner": self._owner}, {"$expr": {"$lt": ["$until", "$$NOW"]}}]}
        until = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": self._milliseconds}}
        with self._store.guarded():
            try:
                await self._store.database[COLLECTION].update_one(
                    {"_id": self._name, **free},
                    [{"$set": {"owner": self._owner, "until": until}}],
                    upsert=True,
                )
            except DuplicateKeyError:
                return False  # the row exists and is not free: the upsert met it
        return True

    async def give_back(self) -> None:
        """Let the next one have it at once."""
        with self._store.guarded():
            await self._store.database[COLLECTION].delete_one({"_id": self._name, "owner": self._owner})
