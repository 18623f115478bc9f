"""Presence, read without changing anything; and the look for leases that have run out."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING
from pymongo.errors import PyMongoError

from libs.contracts import topology
from libs.contracts.base import SYSTEM
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.errors import TransientError
from libs.contracts.presence import ExpirePresence
from libs.runtime.clock import now
from libs.runtime.ids import derived_id
from libs.runtime.logs import get_logger
from libs.runtime.mongo import Store
from libs.runtime.publisher import OutboxEntry, Publisher
from services.conversation.adapters.mongo_assigning import MOST_WORKERS, lease_of
from services.conversation.adapters.mongo_transaction import SOURCE
from services.conversation.domain.presence import PresenceLease

#: Leases looked at at once.
BATCH = 500
#: Milliseconds a read may take in the store.
READ_LIMIT = 2_500

_log = get_logger("presence")


class MongoPresence:
    """Implements the port PresenceReads. Any number of replicas may look for what has run out: the command's
    id is made of what it is about. `poll`: seconds between looks.
    """

    def __init__(self, store: Store, publisher: Publisher, poll: float) -> None:
        self._store = store
        self._publisher = publisher
        self._poll = poll
        self._rows = store.database["presence"]

    async def present(self, account_id: str, now: datetime) -> Sequence[PresenceLease]:
        """By the account."""
        wanted = {"account_id": account_id, "until": {"$gt": now}}
        with self._store.guarded():
            rows = await self._rows.find(wanted).max_time_ms(READ_LIMIT).to_list(MOST_WORKERS)
        return [lease_of(row) for row in rows]

    async def run(self) -> None:
        """Have leases that run out taken back, until cancelled."""
        while True:
            try:
                await self.publish_expired()
            except (TransientError, PyMongoError) as error:
                _log.warning("presence not expired", error_type=type(error).__name__)
            await asyncio.sleep(self._poll)

    async def publish_expired(self) -> int:
        """Publish one command for each account that has any. How many accounts had."""
        wanted = {"until": {"$lte": now()}}
        with self._store.guarded():
            rows: list[dict[str, Any]] = (
                await self._rows.find(wanted).sort("until", ASCENDING).limit(BATCH).to_list(BATCH)
            )
        newest = {row["account_id"]: row for row in rows}
        if newest:
            await self._publisher.publish_many([_entry(row) for row in newest.values()])
        return len(newest)


def _entry(row: dict[str, Any]) -> OutboxEntry:
    partition = topology.account_command_partition(row["account_id"])
    return OutboxEntry(_envelope(row), topology.CONVERSATION_COMMANDS, f"{partition}.{ExpirePresence.type}")


def _envelope(row: dict[str, Any]) -> Envelope:
    return wrap(
        ExpirePresence(actor=SYSTEM),
        id=derived_id(ExpirePresence.type, row["_id"], row["until"].isoformat()),
        source=SOURCE,
        time=now(),
        accountid=row["account_id"],
    )
