"""What people thought of answers, in MongoDB: for a year."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, IndexModel

from libs.runtime.mongo import Store
from services.ai.adapters.mongo_some import delete_some
from services.ai.domain.documents import DocumentKey, KnowledgeBase
from services.ai.domain.votes import Vote

VOTES: Final = "votes"
_KEPT_SECONDS: Final = 366 * 86_400
_MOST_OF_DOCUMENT: Final = 500
_MOST_OF_BASE: Final = 5_000
_BASE: Final = [("account_id", ASCENDING), ("chatbot_id", ASCENDING)]
INDEXES = {
    VOTES: [
        IndexModel("at", name="expiry", expireAfterSeconds=_KEPT_SECONDS),
        IndexModel([*_BASE, ("at", DESCENDING)], name="by_base"),
        IndexModel([*_BASE, ("documents", ASCENDING), ("at", DESCENDING)], name="by_document"),
        IndexModel([("account_id", ASCENDING), ("conversation_id", ASCENDING)], name="by_conversation"),
    ]
}


class MongoVotes:
    """The port `Votes` on a store. Ids are unique within an account."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = store.database[VOTES]

    async def put(self, vote: Vote) -> None:
        """Keep one."""
        row = {
            **vote.base._asdict(),
            "conversation_id": vote.conversation_id,
            "documents": list(vote.documents),
            "value": vote.value,
            "question": vote.question,
            "at": vote.at,
        }
        with self._store.guarded():
            await self._rows.replace_one({"_id": _id(vote.base.account_id, vote.id)}, row, upsert=True)

    async def remove(self, account_id: str, vote_id: str) -> None:
        """It is taken back."""
        with self._store.guarded():
            await self._rows.delete_one({"_id": _id(account_id, vote_id)})

    async def of_document(self, key: DocumentKey) -> Sequence[Vote]:
        """The newest on answers from a document."""
        return await self._newest({**key.base._asdict(), "documents": key.document_id}, _MOST_OF_DOCUMENT)

    async def of_base(self, base: KnowledgeBase, since: datetime | None = None) -> Sequence[Vote]:
        """The newest on answers from a knowledge base."""
        recent = {"at": {"$gte": since}} if since else {}
        return await self._newest({**base._asdict(), **recent}, _MOST_OF_BASE)

    async def forget(self, account_id: str, conversation_ids: Sequence[str]) -> None:
        """Delete those on answers in these conversations."""
        gone = {"account_id": account_id, "conversation_id": {"$in": list(conversation_ids)}}
        with self._store.guarded():
            await self._rows.delete_many(gone)

    async def forget_some(self, base: KnowledgeBase, limit: int) -> int:
        """Delete at most ``limit`` of a knowledge base."""
        return await delete_some(self._store, self._rows, base, limit)

    async def _newest(self, wanted: dict[str, Any], limit: int) -> Sequence[Vote]:
        with self._store.guarded():
            rows = await self._rows.find(wanted).sort("at", DESCENDING).to_list(limit)
        return [_vote(row) for row in rows]


def _id(account_id: str, vote_id: str) -> str:
    return f"{account_id}:{vote_id}"


def _vote(row: dict[str, Any]) -> Vote:
    return Vote(
        id=str(row["_id"]).removeprefix(f"{row['account_id']}:"),
        base=KnowledgeBase(row["account_id"], row["chatbot_id"]),
        conversation_id=row["conversation_id"],
        documents=tuple(row["documents"]),
        value=row["value"],
        question=row["question"],
        at=row["at"],
    )
