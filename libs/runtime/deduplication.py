"""Exactly once in effect: a message's effect and the note that it was handled are one transaction.

A row is `<consumer>:<message id>` and keeps the answer, so that a repeat gets the same one. Rows outlive
everything that can be replayed.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from libs.contracts.base import Fault, Reply
from libs.contracts.errors import DomainError, error_of
from libs.runtime import metrics
from libs.runtime.clock import now
from libs.runtime.mongo import Session, Store
from libs.runtime.outbox import Outbox
from libs.runtime.received import Received
from libs.runtime.settlement import Answered

COLLECTION = "deduplication"
INDEXES = {
    COLLECTION: [
        IndexModel("at", name="kept_two_weeks", expireAfterSeconds=int(timedelta(days=14).total_seconds())),
        IndexModel("about", name="answers_about", partialFilterExpression={"about": {"$exists": True}}),
    ]
}

SessionHandler = Callable[[Received[Any], Session], Awaitable[BaseModel | None]]


class Deduplication:
    """Wraps handlers of one consumer."""

    def __init__(self, store: Store, consumer: str) -> None:
        self._store = store
        self._rows = store.database[COLLECTION]
        self._consumer = consumer

    def once(
        self, handler: SessionHandler, *, outbox: Outbox | None = None
    ) -> Callable[[Received[Any]], Awaitable[BaseModel | None]]:
        """Run `handler` in a transaction with the note of having run it; wake the outbox after the commit."""

        async def run(received: Received[Any]) -> BaseModel | None:
            key = f"{self._consumer}:{received.envelope.id}"
            try:
                result = await self._store.transaction(
                    lambda session: self._apply(key, handler, received, session)
                )
            except DuplicateKeyError:
                # Either this message was handled before, or two handlers met on a unique key of the domain.
                stored = await self._stored(key)
                if stored is None:
                    raise
                return self._repeat(received, stored)
            except DomainError as error:
                stored = await self._stored(key)
                if stored is not None:
                    return self._repeat(received, stored)
                await self._keep_fault(key, error.fault())
                raise
            if outbox is not None:
                outbox.wake()
            return result

        return run

    async def _apply(
        self, key: str, handler: SessionHandler, received: Received[Any], session: Session
    ) -> BaseModel | None:
        # The row goes in last, so that it can hold the answer without a second write. A repeat does the work
        # again only to have it rolled back here.
        result = await handler(received, session)
        row: dict[str, Any] = {"_id": key, "at": now()}
        if received.wants_reply:
            row["reply"] = Reply(result=result.model_dump(mode="json") if result else {}).model_dump_json()
            # An answer may hold what somebody wrote: it has to be found when that is erased.
            row["about"] = received.envelope.subject or received.envelope.accountid
        await self._rows.insert_one(row, session=session)
        return result

    async def _stored(self, key: str) -> Reply | None:
        with self._store.guarded():
            row = await self._rows.find_one({"_id": key})
        if row is None:
            return None
        return Reply.model_validate_json(row["reply"]) if "reply" in row else Reply(result={})

    async def _keep_fault(self, key: str, fault: Fault) -> None:
        row = {"at": now(), "reply": Reply(fault=fault).model_dump_json()}
        with self._store.guarded():
            await self._rows.update_one({"_id": key}, {"$setOnInsert": row}, upsert=True)

    @staticmethod
    def _repeat(received: Received[Any], stored: Reply) -> BaseModel | None:
        metrics.DEDUPLICATED.labels(received.envelope.type).inc()
        if stored.fault is not None:
            raise error_of(stored.fault)
        return Answered(result=stored.result or {})
