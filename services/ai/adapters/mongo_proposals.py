"""Suggestions that were made, in MongoDB: for a year, because what they taught must stay revocable."""

from collections.abc import Sequence
from typing import Any, Final

from pymongo import ASCENDING, IndexModel

from libs.runtime.mongo import Store
from services.ai.domain.learning import Proposal

PROPOSALS: Final = "proposals"
_KEPT_SECONDS: Final = 366 * 86_400
_MOST: Final = 100_000
INDEXES = {
    PROPOSALS: [
        IndexModel("at", name="expiry", expireAfterSeconds=_KEPT_SECONDS),
        IndexModel([("account_id", ASCENDING), ("conversation_id", ASCENDING)], name="by_conversation"),
    ]
}


class MongoProposals:
    """The port `Proposals` on a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = store.database[PROPOSALS]

    async def put(self, proposal: Proposal) -> None:
        """Keep one, new or not."""
        row = {name: getattr(proposal, name) for name in Proposal.__slots__ if name != "id"}
        row["learnt"] = list(proposal.learnt)
        with self._store.guarded():
            await self._rows.replace_one({"_id": proposal.id}, row, upsert=True)

    async def get(self, account_id: str, proposal_id: str) -> Proposal | None:
        """One of an account."""
        with self._store.guarded():
            row = await self._rows.find_one({"_id": proposal_id, "account_id": account_id})
        return _proposal(row) if row else None

    async def of_conversations(self, account_id: str, conversation_ids: Sequence[str]) -> Sequence[Proposal]:
        """Those made in these conversations."""
        with self._store.guarded():
            rows = await self._rows.find(_of(account_id, conversation_ids)).to_list(_MOST)
        return [_proposal(row) for row in rows]

    async def forget(self, account_id: str, conversation_ids: Sequence[str]) -> None:
        """Delete those made in these conversations."""
        with self._store.guarded():
            await self._rows.delete_many(_of(account_id, conversation_ids))


def _of(account_id: str, conversation_ids: Sequence[str]) -> dict[str, Any]:
    return {"account_id": account_id, "conversation_id": {"$in": list(conversation_ids)}}


def _proposal(row: dict[str, Any]) -> Proposal:
    known = {name: row[name] for name in Proposal.__slots__ if name not in {"id", "learnt"}}
    return Proposal(id=row["_id"], learnt=tuple(row["learnt"]), **known)
