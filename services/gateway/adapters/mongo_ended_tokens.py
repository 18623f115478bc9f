"""Tokens of an outside identity provider that were logged out with: digests, until they end by themselves."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import DESCENDING, IndexModel

from libs.runtime.mongo import Store
from services.gateway.domain.ended_sessions import MOST

COLLECTION = "ended_tokens"
INDEXES = {COLLECTION: [IndexModel("ends_at", name="until_they_end", expireAfterSeconds=0)]}


class MongoEndedTokens:
    """One row a token."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def end(self, token_id: str, until: datetime) -> None:
        """Refuse it from now on."""
        with self._store.guarded():
            await self._store.database[COLLECTION].update_one(
                {"_id": {"$eq": token_id}}, {"$set": {"ends_at": until}}, upsert=True
            )

    async def revoked_since(self, moment: datetime) -> Sequence[str]:
        """All that would have counted after a moment; of very many those that would count longest."""
        with self._store.guarded():
            found = (
                self._store.database[COLLECTION]
                .find({"ends_at": {"$gt": moment}}, projection=["_id"])
                .sort("ends_at", DESCENDING)
                .limit(MOST)
            )
            return [str(row["_id"]) async for row in found]
