"""Requests with an Idempotency-Key and their answers, for a day, sealed: answers hold tokens and messages."""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pymongo import IndexModel, ReturnDocument

from libs.contracts.base import Fault
from libs.contracts.erasure import names_any
from libs.runtime.clock import now
from libs.runtime.crypto import SealedBox
from libs.runtime.mongo import Store
from services.gateway.use_cases.ports import Answer, KeptAnswer

COLLECTION = "answers"
INDEXES = {
    COLLECTION: [
        IndexModel("begun_at", name="kept_a_day", expireAfterSeconds=int(timedelta(days=1).total_seconds()))
    ]
}


class _Kept(BaseModel):
    body: dict[str, Any] | None
    fault: Fault | None


class MongoAnswers:
    """One row a request. The first answer written is the answer."""

    def __init__(self, store: Store, box: SealedBox) -> None:
        self._store = store
        self._box = box

    async def begin(self, request_id: str, fingerprint: str) -> KeptAnswer:
        """What is known of the request, with this fingerprint if it is new."""
        with self._store.guarded():
            row = await self._store.database[COLLECTION].find_one_and_update(
                {"_id": request_id},
                {"$setOnInsert": {"fingerprint": fingerprint, "begun_at": now(), "answer": None}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        return KeptAnswer(row["fingerprint"], self._open(request_id, row["answer"]))

    async def finish(self, request_id: str, answer: Answer) -> Answer:
        """Keep it, unless another one is there already."""
        plain = _Kept(body=answer.body, fault=answer.fault).model_dump_json().encode()
        answers = self._store.database[COLLECTION]
        with self._store.guarded():
            await answers.update_one(
                {"_id": request_id, "answer": None},
                {"$set": {"answer": self._box.seal(plain, context=_context(request_id))}},
            )
            row = await answers.find_one({"_id": request_id})
        return self._open(request_id, row["answer"] if row else None) or answer

    async def forget(self, ids: frozenset[str]) -> None:
        """Drop the answers that name one of these. They are sealed, so all of the day are looked at; that a
        command is not carried out twice is seen to where it is carried out.
        """
        answers = self._store.database[COLLECTION]
        with self._store.guarded():
            async for row in answers.find({"answer": {"$ne": None}}):
                kept = self._open(row["_id"], row["answer"])
                if kept is not None and names_any(kept.body, ids):
                    await answers.delete_one({"_id": row["_id"]})

    def _open(self, request_id: str, sealed: str | None) -> Answer | None:
        if sealed is None:
            return None
        kept = _Kept.model_validate_json(self._box.open(sealed, context=_context(request_id)))
        return Answer(kept.body, kept.fault)


def _context(request_id: str) -> str:
    return f"answer:{request_id}"
