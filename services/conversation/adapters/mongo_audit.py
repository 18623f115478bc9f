"""The audit trail: one document an action, written with the action itself."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from libs.contracts.audit import AuditEntry
from libs.runtime.mongo import Session, Store
from services.conversation.use_cases.audit_ports import AuditFilter, AuditPlace

COLLECTION = "audit"
_NEWEST = [("at", DESCENDING), ("_id", DESCENDING)]
_KEPT = timedelta(days=730)
#: Milliseconds a page may take.
_READ_LIMIT = 3_000
INDEXES = {
    COLLECTION: [
        IndexModel([("account_id", ASCENDING), *_NEWEST], name="of_account"),
        IndexModel([("account_id", ASCENDING), ("actor_id", ASCENDING), *_NEWEST], name="of_actor"),
        IndexModel([("account_id", ASCENDING), ("about", ASCENDING), *_NEWEST], name="about"),
        IndexModel([("account_id", ASCENDING), ("action", ASCENDING), *_NEWEST], name="of_action"),
        IndexModel("at", name="kept_two_years", expireAfterSeconds=int(_KEPT.total_seconds())),
    ]
}


class MongoAudit:
    """Entries are added and never changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = store.database[COLLECTION]

    async def add(self, account_id: str, entry: AuditEntry, session: Session) -> None:
        """In the transaction of the action."""
        await self._rows.insert_one(_document(account_id, entry), session=session)

    async def add_refusal(self, account_id: str, entry: AuditEntry) -> None:
        """By itself, as nothing else is written; a repeat changes nothing."""
        document = _document(account_id, entry)
        with self._store.guarded():
            await self._rows.update_one({"_id": document["_id"]}, {"$setOnInsert": document}, upsert=True)

    async def entries(
        self, account_id: str, wanted: AuditFilter, after: AuditPlace | None, limit: int
    ) -> Sequence[AuditEntry]:
        """Along the index of what is asked for."""
        query: dict[str, Any] = {"account_id": account_id}
        exact = {
            "actor_id": wanted.actor_id,
            "action": wanted.action,
            "about": wanted.target,
            "result": wanted.result,
        }
        query |= {name: value for name, value in exact.items() if value is not None}
        times: dict[str, Any] = {}
        if wanted.since is not None:
            times["$gte"] = wanted.since
        if wanted.until is not None:
            times["$lt"] = wanted.until
        if times:
            query["at"] = times
        if after is not None:
            behind = [{"at": {"$lt": after.at}}, {"at": after.at, "_id": {"$lt": after.entry_id}}]
            query["$or"] = behind
        with self._store.guarded():
            rows = self._rows.find(query, max_time_ms=_READ_LIMIT).sort(_NEWEST).limit(limit)
            return [AuditEntry.model_validate({**row, "id": row["_id"]}) async for row in rows]


def _document(account_id: str, entry: AuditEntry) -> dict[str, Any]:
    fields = entry.model_dump(exclude={"id"}, exclude_none=True)
    fields["actor_kind"] = str(entry.actor_kind)
    return {"_id": entry.id, "account_id": account_id, **fields, "about": sorted(set(entry.targets.values()))}
