"""Counting without a crowd at one row.

    facts      {_id, account_id, counts: [{at, name, amount}]}    of one transaction, until it is added up
    tallies    {_id, account_id, size: "slot" | "hour" | "day", at, counts: {name: amount}}

A transaction only inserts; one worker adds what was inserted to the tallies and deletes it, both in one
transaction, so that each thing counts once. Whole days are read by day, their edges by hour and slot: a
year is some thousand small rows in any time zone.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.errors import PyMongoError

from libs.contracts.errors import TransientError
from libs.contracts.vocabulary import Status
from libs.runtime.ids import new_id
from libs.runtime.lease import Lease
from libs.runtime.logs import get_logger
from libs.runtime.mongo import Session, Store
from services.conversation.adapters.documents import Document
from services.conversation.domain.counting import Fact
from services.conversation.domain.statistics import SIZES, add, floor, parts_of, slot_of

FACTS, TALLIES = "facts", "tallies"
#: Rows of facts that are added up at once.
BATCH = 500
#: Milliseconds a read may take in the store.
READ_LIMIT = 2_500
INDEXES: dict[str, list[IndexModel]] = {
    FACTS: [IndexModel([("account_id", ASCENDING)], name="of_account")],
    TALLIES: [
        IndexModel([("account_id", ASCENDING), ("size", ASCENDING), ("at", ASCENDING)], name="in_order")
    ],
}
_log = get_logger("tallies")


def facts_document(account_id: str, facts: Sequence[Fact]) -> Document:
    """What one transaction counted."""
    counts = [{"at": slot_of(fact.at), "name": fact.name, "amount": fact.amount} for fact in facts]
    return {"_id": new_id(), "account_id": account_id, "counts": counts}


class MongoTallies:
    """Implements the port Tallies, and adds up. `poll`: seconds between looks."""

    def __init__(self, store: Store, lease: Lease, poll: float) -> None:
        self._store = store
        self._lease = lease
        self._poll = poll
        self._facts = store.database[FACTS]
        self._tallies = store.database[TALLIES]
        self._conversations = store.database["conversations"]

    async def run(self) -> None:
        """Add up, until cancelled."""
        while True:
            try:
                while await self._lease.hold() and await self.add_up() == BATCH:
                    pass
            except (TransientError, PyMongoError) as error:
                _log.warning("nothing added up", error_type=type(error).__name__)
            await asyncio.sleep(self._poll)

    async def add_up(self) -> int:
        """Add at most BATCH rows of facts to the tallies. How many there were."""
        return await self._store.transaction(self._add_up)

    async def _add_up(self, session: Session) -> int:
        rows = await self._facts.find({}, session=session).sort("_id", ASCENDING).limit(BATCH).to_list(BATCH)
        if not rows:
            return 0
        sums: dict[tuple[str, str, datetime], dict[str, float]] = {}
        for row in rows:
            for count in row["counts"]:
                for size, length in SIZES:
                    at = floor(count["at"], length)
                    add(sums.setdefault((row["account_id"], size, at), {}), {count["name"]: count["amount"]})
        changes = [
            UpdateOne(
                {"_id": f"{account_id}/{size}/{at:%Y-%m-%dT%H:%M}"},
                {
                    "$setOnInsert": {"account_id": account_id, "size": size, "at": at},
                    "$inc": {f"counts.{name}": amount for name, amount in counts.items()},
                },
                upsert=True,
            )
            for (account_id, size, at), counts in sums.items()
        ]
        await self._tallies.bulk_write(changes, ordered=False, session=session)
        await self._facts.delete_many({"_id": {"$in": [row["_id"] for row in rows]}}, session=session)
        return len(rows)

    async def between(
        self, account_id: str, ranges: Sequence[tuple[datetime, datetime]]
    ) -> Sequence[Mapping[str, float]]:
        """Tallies, and what is not added up yet, as of one moment: nothing is missed or counts twice."""
        clauses = [
            {"account_id": account_id, "size": size, "at": {"$gte": starts, "$lt": ends}}
            for begin, end in ranges
            for size, starts, ends in parts_of(begin, end)
        ]

        async def read(session: Session) -> tuple[list[Document], list[Document]]:
            tallies = self._tallies.find({"$or": clauses}, session=session).max_time_ms(READ_LIMIT)
            fresh = self._facts.find({"account_id": account_id}, session=session).max_time_ms(READ_LIMIT)
            return await tallies.to_list(None), await fresh.limit(BATCH * 4).to_list(BATCH * 4)

        tallies, fresh = await self._store.transaction(read)
        begins = [begin for begin, _ in ranges]
        counted: list[dict[str, float]] = [{} for _ in ranges]
        for row in tallies:
            add(counted[bisect_right(begins, row["at"]) - 1], row["counts"])
        for row in fresh:
            for count in row["counts"]:
                at = bisect_right(begins, count["at"]) - 1
                if at >= 0 and count["at"] < ranges[at][1]:
                    add(counted[at], {count["name"]: count["amount"]})
        return counted

    async def by_status(self, account_id: str) -> dict[str, int]:
        """Along the index of lists."""

        async def count(status: Status) -> int:
            wanted: dict[str, Any] = {"account_id": account_id, "status": status.value}
            with self._store.guarded():
                return await self._conversations.count_documents(wanted, hint="list", maxTimeMS=READ_LIMIT)

        numbers = await asyncio.gather(*(count(status) for status in Status))
        return {status.value: number for status, number in zip(Status, numbers, strict=True)}
