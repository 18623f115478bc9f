"""What models were asked, in MongoDB: a row a call for thirty days, and sums that budgets are read from."""

import asyncio
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne

from libs.contracts.errors import TransientError
from libs.runtime.clock import now
from libs.runtime.ids import new_id
from libs.runtime.logs import get_logger
from libs.runtime.mongo import Store
from services.ai.domain.model_calls import CallRecord, Circumstances, Spent

CALLS: Final = "model_calls"
SPENT: Final = "model_spent"
_KEPT_SECONDS: Final = 30 * 86_400
_WRITE_LIMIT_S: Final = 2.0
INDEXES = {
    CALLS: [
        IndexModel("at", name="expiry", expireAfterSeconds=_KEPT_SECONDS),
        IndexModel([("account_id", ASCENDING), ("at", DESCENDING)], name="by_account"),
    ],
    SPENT: [IndexModel("at", name="expiry", expireAfterSeconds=_KEPT_SECONDS)],
}

_log = get_logger("ai")


class MongoUsage:
    """The port `UsageLedger` on a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._calls = store.database[CALLS]
        self._spent = store.database[SPENT]

    async def spent(self, circumstances: Circumstances) -> tuple[Spent, Spent]:
        """Of the conversation and of the account's day; nothing where the store cannot say just now."""
        conversation, day = _sums(circumstances)
        try:
            async with asyncio.timeout(_WRITE_LIMIT_S):
                with self._store.guarded():
                    rows = await self._spent.find({"_id": {"$in": [conversation, day]}}).to_list(2)
        except (TimeoutError, TransientError) as error:
            _log.warning("what models have spent cannot be read", error_type=type(error).__name__)
            return Spent(), Spent()
        sums = {row["_id"]: Spent(int(row["tokens"]), float(row["cost"])) for row in rows}
        return sums.get(conversation, Spent()), sums.get(day, Spent())

    async def record(self, call: CallRecord) -> None:
        """Write a call down; a store that is away costs the record, not the answer."""
        try:
            async with asyncio.timeout(_WRITE_LIMIT_S):
                with self._store.guarded():
                    await self._calls.insert_one(_row(call))
                    sums = [
                        UpdateOne(
                            {"_id": key},
                            {
                                "$inc": {"tokens": call.usage.total, "cost": call.cost, "calls": 1},
                                "$set": {"at": now()},
                            },
                            upsert=True,
                        )
                        for key in _sums(call.circumstances)
                    ]
                    await self._spent.bulk_write(sums, ordered=False)
        except (TimeoutError, TransientError) as error:
            _log.warning("a model's call was not recorded", error_type=type(error).__name__)


def _sums(circumstances: Circumstances) -> tuple[str, str]:
    account = circumstances.account_id
    return f"{account}:conversation:{circumstances.conversation_id}", f"{account}:{now():%Y-%m-%d}"


def _row(call: CallRecord) -> dict[str, Any]:
    for_whom = call.circumstances
    return {
        "_id": new_id(),
        "at": now(),
        "account_id": for_whom.account_id,
        "conversation_id": for_whom.conversation_id,
        "task": call.task,
        "model": call.model,
        "form": call.form,
        "outcome": call.outcome,
        "complexity": for_whom.complexity,
        "value": for_whom.value,
        "prompt_tokens": call.usage.prompt_tokens,
        "completion_tokens": call.usage.completion_tokens,
        "estimated": call.usage.estimated,
        "cost": call.cost,
        "seconds": call.seconds,
    }
