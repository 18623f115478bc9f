"""Refresh tokens in the gateway's own database: one document a log-in, digests only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import DESCENDING, IndexModel

from libs.runtime.clock import now
from libs.runtime.mongo import Store
from services.gateway.domain.ended_sessions import MOST
from services.gateway.domain.refresh_tokens import Family

COLLECTION = "refresh_families"
INDEXES = {
    COLLECTION: [
        IndexModel("person_id", name="by_person"),
        IndexModel("revoked_at", name="ends", sparse=True),
        IndexModel("expires_at", name="until_they_end", expireAfterSeconds=0),
    ]
}


class MongoFamilies:
    """A rotation is one atomic update, so that of two that race exactly one succeeds."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def start(self, family: Family) -> None:
        """Remember a new log-in."""
        row = {"_id": family.id, "person_id": family.person_id, "account_id": family.account_id}
        row |= _changing(family) | {"revoked": False}
        with self._store.guarded():
            await self._store.database[COLLECTION].insert_one(row)

    async def find(self, family_id: str) -> Family | None:
        """A log-in by its id."""
        with self._store.guarded():
            row = await self._store.database[COLLECTION].find_one({"_id": {"$eq": family_id}})
        return _family(row) if row else None

    async def rotate(self, family: Family, *, presented: str) -> bool:
        """Replace the secret, if `presented` is the current one of a family that still counts."""
        current = {
            "_id": family.id,
            "current": presented,
            "revoked": False,
            "expires_at": {"$gt": now()},
        }
        with self._store.guarded():
            result = await self._store.database[COLLECTION].update_one(current, {"$set": _changing(family)})
        return bool(result.modified_count)

    async def revoke(self, family_id: str) -> None:
        """Make its tokens worthless."""
        with self._store.guarded():
            await self._store.database[COLLECTION].update_one(
                {"_id": {"$eq": family_id}, "revoked": False}, _revoked()
            )

    async def revoke_person(self, person_id: str, account_id: str) -> Sequence[str]:
        """The same for every log-in of a person. One that starts meanwhile is not among them."""
        open_ones = {"person_id": {"$eq": person_id}, "account_id": {"$eq": account_id}, "revoked": False}
        with self._store.guarded():
            families = self._store.database[COLLECTION]
            found = [str(row["_id"]) async for row in families.find(open_ones, projection=["_id"])]
            await families.update_many({"_id": {"$in": found}}, _revoked())
        return found

    async def revoked_since(self, moment: datetime) -> Sequence[str]:
        """By the index of ends, the newest."""
        with self._store.guarded():
            found = (
                self._store.database[COLLECTION]
                .find({"revoked_at": {"$gt": moment}}, projection=["_id"])
                .sort("revoked_at", DESCENDING)
                .limit(MOST)
            )
            return [str(row["_id"]) async for row in found]


def _revoked() -> dict[str, Any]:
    return {"$set": {"revoked": True, "revoked_at": now()}}


def _changing(family: Family) -> dict[str, Any]:
    return {
        "current": family.current,
        "previous": family.previous,
        "request": family.request,
        "rotated_at": family.rotated_at,
        "expires_at": family.expires_at,
    }


def _family(row: dict[str, Any]) -> Family:
    return Family(
        id=row["_id"],
        person_id=row["person_id"],
        account_id=row["account_id"],
        current=row["current"],
        expires_at=row["expires_at"],
        previous=row["previous"],
        request=row["request"],
        rotated_at=row["rotated_at"],
        revoked=row["revoked"],
    )
