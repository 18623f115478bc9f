"""API keys in the gateway's own database: one document a key, digests only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from libs.contracts.errors import DomainError, ErrorCode
from libs.runtime.mongo import Store
from services.gateway.domain.api_keys import ApiKey
from services.gateway.domain.ended_sessions import MOST

COLLECTION = "api_keys"
INDEXES = {
    COLLECTION: [
        IndexModel([("account_id", 1), ("_id", -1)], name="of_account"),
        IndexModel("revoked_at", name="ends", sparse=True),
    ]
}
#: How old the note of a key's last use may be: not every request shall write.
_FRESH = timedelta(minutes=1)


class MongoApiKeys:
    """Two that are made at once may together pass the bound by one; it is there against floods."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = store.database[COLLECTION]

    async def add(self, key: ApiKey, *, most: int) -> ApiKey:
        """Insert, or give what is there under this id."""
        kept = await self._mine(key)
        if kept is not None:
            return kept
        counting = {"account_id": key.account_id, "revoked_at": {"$exists": False}}
        with self._store.guarded():
            if await self._rows.count_documents(counting, limit=most) >= most:
                raise DomainError(ErrorCode.CONFLICT, f"An account has at most {most} keys.")
            try:
                await self._rows.insert_one(_row(key))
            except DuplicateKeyError:
                return await self._mine(key) or key
        return key

    async def _mine(self, key: ApiKey) -> ApiKey | None:
        with self._store.guarded():
            row = await self._rows.find_one({"_id": key.id, "account_id": key.account_id})
        return _key(row) if row else None

    async def find(self, key_id: str) -> ApiKey | None:
        """By id, which is always a string."""
        with self._store.guarded():
            row = await self._rows.find_one({"_id": {"$eq": str(key_id)}})
        return _key(row) if row else None

    async def used(self, key_id: str, moment: datetime) -> None:
        """At most once a minute."""
        stale = {"$not": {"$gt": moment - _FRESH}}
        with self._store.guarded():
            await self._rows.update_one(
                {"_id": key_id, "last_used_at": stale}, {"$set": {"last_used_at": moment}}
            )

    async def page(self, account_id: str, *, after: str | None, limit: int) -> Sequence[ApiKey]:
        """By id, which grows with time."""
        wanted: dict[str, Any] = {"account_id": {"$eq": account_id}}
        if after is not None:
            wanted["_id"] = {"$lt": after}
        with self._store.guarded():
            rows = self._rows.find(wanted).sort("_id", DESCENDING).limit(limit)
            return [_key(row) async for row in rows]

    async def revoke(self, account_id: str, key_id: str, moment: datetime) -> ApiKey | None:
        """Set its end, once."""
        mine = {"_id": {"$eq": key_id}, "account_id": {"$eq": account_id}}
        with self._store.guarded():
            await self._rows.update_one(
                {**mine, "revoked_at": {"$exists": False}}, {"$set": {"revoked_at": moment}}
            )
            row = await self._rows.find_one(mine)
        return _key(row) if row else None

    async def revoked_since(self, moment: datetime) -> Sequence[str]:
        """By the index of ends, the newest."""
        with self._store.guarded():
            found = (
                self._rows.find({"revoked_at": {"$gt": moment}}, projection=["_id"])
                .sort("revoked_at", DESCENDING)
                .limit(MOST)
            )
            return [str(row["_id"]) async for row in found]


def _row(key: ApiKey) -> dict[str, Any]:
    row = {
        "_id": key.id,
        "account_id": key.account_id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "digest": key.digest,
        "created_by": key.created_by,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
    }
    return {name: value for name, value in row.items() if value is not None}


def _key(row: dict[str, Any]) -> ApiKey:
    return ApiKey(
        id=row["_id"],
        account_id=row["account_id"],
        name=row["name"],
        scopes=frozenset(row["scopes"]),
        digest=row["digest"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        expires_at=row.get("expires_at"),
        revoked_at=row.get("revoked_at"),
        last_used_at=row.get("last_used_at"),
    )
