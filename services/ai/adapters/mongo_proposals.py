"""Answers and suggestions that were made, in MongoDB: for a year, because what they taught must stay
revocable.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, IndexModel

from libs.runtime.mongo import Store
from services.ai.adapters.mongo_some import delete_some
from services.ai.domain.documents import KnowledgeBase
from services.ai.domain.learning import Ending, Learnt, Proposal

PROPOSALS: Final = "proposals"
_KEPT_SECONDS: Final = 366 * 86_400
_MOST: Final = 100_000
_TUPLES: Final = ("learnt", "documents")
_BASE: Final = [("account_id", ASCENDING), ("chatbot_id", ASCENDING)]
INDEXES = {
    PROPOSALS: [
        IndexModel("at", name="expiry", expireAfterSeconds=_KEPT_SECONDS),
        IndexModel([("account_id", ASCENDING), ("conversation_id", ASCENDING)], name="by_conversation"),
        IndexModel([*_BASE, ("outcome", ASCENDING), ("at", DESCENDING)], name="by_outcome"),
        IndexModel([*_BASE, ("ending", ASCENDING), ("at", DESCENDING)], name="by_ending"),
    ]
}


class MongoProposals:
    """The port `Proposals` on a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = store.database[PROPOSALS]

    async def put(self, proposal: Proposal) -> None:
        """Keep one, new or not. Its ending is written by `end` alone."""
        row = {name: getattr(proposal, name) for name in Proposal.__slots__ if name not in {"id", "ending"}}
        row |= {name: list(row[name]) for name in _TUPLES}
        with self._store.guarded():
            await self._rows.update_one(
                {"_id": proposal.id},
                {"$set": row, "$setOnInsert": {"ending": proposal.ending, "ended_by": 0}},
                upsert=True,
            )

    async def get(self, account_id: str, proposal_id: str) -> Proposal | None:
        """One of an account."""
        with self._store.guarded():
            row = await self._rows.find_one({"_id": proposal_id, "account_id": account_id})
        return _proposal(row) if row else None

    async def of_conversations(self, account_id: str, conversation_ids: Sequence[str]) -> Sequence[Proposal]:
        """Those made in these conversations, the newest first."""
        return await self._newest(_of(account_id, conversation_ids), _MOST)

    async def end(
        self, account_id: str, conversation_id: str, ending: Ending, at: datetime, sequence: int
    ) -> None:
        """How the conversation has ended; the last event counts."""
        wanted = {**_of(account_id, [conversation_id]), "at": {"$lte": at}, "ended_by": {"$lt": sequence}}
        if ending == "assumed":
            wanted["ending"] = {"$ne": "confirmed"}
        with self._store.guarded():
            await self._rows.update_many(wanted, {"$set": {"ending": ending, "ended_by": sequence}})

    async def edited(self, base: KnowledgeBase, limit: int) -> Sequence[Proposal]:
        """Those that agents changed before they sent them."""
        return await self._newest({**base._asdict(), "outcome": "edited"}, limit)

    async def ended_well(self, base: KnowledgeBase, department: str | None, limit: int) -> Sequence[Proposal]:
        """Those that were sent, in conversations that ended well."""
        well = {
            "ending": {"$in": ["confirmed", "assumed"]},
            "sent": {"$ne": ""},
            "disliked": False,
            "department": {"$in": [None, department]},
        }
        return await self._newest({**base._asdict(), **well}, limit)

    async def counts(self, base: KnowledgeBase, since: datetime) -> Learnt:
        """By outcome, and conversations by ending."""
        recent = {"$match": {**base._asdict(), "at": {"$gte": since}}}
        outcomes = [recent, {"$group": {"_id": "$outcome", "count": {"$sum": 1}}}]
        endings = [
            recent,
            {"$sort": {"at": ASCENDING}},
            {"$group": {"_id": "$conversation_id", "ending": {"$last": "$ending"}}},
            {"$group": {"_id": "$ending", "count": {"$sum": 1}}},
        ]
        with self._store.guarded():
            by_outcome = await self._rows.aggregate(outcomes).to_list(None)
            by_ending = await self._rows.aggregate(endings).to_list(None)
        return Learnt(_counted(by_outcome), _counted(by_ending))

    async def forget(self, account_id: str, conversation_ids: Sequence[str]) -> None:
        """Delete those made in these conversations."""
        with self._store.guarded():
            await self._rows.delete_many(_of(account_id, conversation_ids))

    async def forget_some(self, base: KnowledgeBase, limit: int) -> int:
        """Delete at most ``limit`` of a knowledge base."""
        return await delete_some(self._store, self._rows, base, limit)

    async def _newest(self, wanted: dict[str, Any], limit: int) -> Sequence[Proposal]:
        with self._store.guarded():
            rows = await self._rows.find(wanted).sort("at", DESCENDING).to_list(limit)
        return [_proposal(row) for row in rows]


def _of(account_id: str, conversation_ids: Sequence[str]) -> dict[str, Any]:
    return {"account_id": account_id, "conversation_id": {"$in": list(conversation_ids)}}


def _counted(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    return {str(row["_id"] or ""): int(row["count"]) for row in rows}


def _proposal(row: dict[str, Any]) -> Proposal:
    # Rows of an earlier version have fewer fields.
    known = {name: row[name] for name in Proposal.__slots__ if name in row}
    known |= {name: tuple(row.get(name, ())) for name in _TUPLES}
    return Proposal(id=row["_id"], **known)
