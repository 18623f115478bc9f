"""The transactional outbox: an event is written with the state it tells of, and published by a leased relay.

At least once on the wire. Rows stay seven days after publishing, so that a reader who missed something can
fetch it by conversation and sequence.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from bson import Binary, Timestamp
from pymongo import ASCENDING, IndexModel
from pymongo.errors import PyMongoError

from libs.contracts.envelope import Envelope
from libs.contracts.errors import TransientError
from libs.runtime import metrics
from libs.runtime.clock import now
from libs.runtime.lease import Lease
from libs.runtime.logs import get_logger
from libs.runtime.membership import Membership
from libs.runtime.mongo import Session, Store
from libs.runtime.publisher import OutboxEntry, Publisher

COLLECTION = "outbox"
INDEXES = {
    COLLECTION: [
        IndexModel("order", name="unpublished", partialFilterExpression={"published": False}),
        IndexModel(
            [("subject", ASCENDING), ("sequence", ASCENDING)],
            name="by_conversation",
            unique=True,
            partialFilterExpression={"sequence": {"$exists": True}},
        ),
        # What is no event of a conversation, but says something of one: found when that is erased.
        IndexModel("about", name="about", partialFilterExpression={"about": {"$exists": True}}),
        IndexModel(
            "published_at", name="kept_a_week", expireAfterSeconds=int(timedelta(days=7).total_seconds())
        ),
    ]
}

#: Rows a round: 7,300 events/s at 200 with overlapping confirms, 1,200 one by one (docs/architecture.md).
BATCH = 200
#: Seconds between looks when nothing wakes the relay.
POLL = 1.0
#: Seconds between renewals of the lease, which holds for six.
_RENEWAL = 2.0

_log = get_logger("outbox")


class Outbox:
    """Where use cases leave what shall be published."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = store.database[COLLECTION]
        self.woken = asyncio.Event()

    async def add(self, session: Session, entries: Sequence[OutboxEntry]) -> None:
        """Write entries in the caller's transaction, in one go.

        `order` is the server's own clock: an empty timestamp is filled in by it, so that rows of several
        replicas have one order.
        """
        if entries:
            await self._rows.insert_many([_row(entry) for entry in entries], session=session)

    def wake(self) -> None:
        """Tell this process's relay, after the commit, that there is something."""
        self.woken.set()

    async def events_after(self, subject: str, after: int, limit: int) -> list[Envelope]:
        """Events of one conversation with a higher sequence, the oldest first."""
        with self._store.guarded():
            rows = self._rows.find({"subject": subject, "sequence": {"$gt": after}})
            return [
                Envelope.model_validate_json(row["body"])
                async for row in rows.sort("sequence", ASCENDING).limit(limit)
            ]


def _row(entry: OutboxEntry) -> dict[str, Any]:
    envelope = entry.envelope
    row: dict[str, Any] = {
        "_id": envelope.id,
        "order": Timestamp(0, 0),
        "type": envelope.type,
        "account_id": envelope.accountid,
        "exchange": entry.exchange,
        "routing_key": entry.routing_key,
        "body": Binary(envelope.encode()),
        "published": False,
    }
    if envelope.sequence is not None:
        row |= {"subject": envelope.subject, "sequence": envelope.sequence}
    elif envelope.subject is not None:
        row["about"] = envelope.subject
    return row


class OutboxRelay:
    """Publishes what lies in the outbox, in order. One replica relays at a time, by lease, so that the order
    of a conversation holds also while its partition moves.
    """

    def __init__(
        self, store: Store, outbox: Outbox, publisher: Publisher, instance: str, membership: Membership
    ) -> None:
        self._store = store
        self._rows = store.database[COLLECTION]
        self._outbox = outbox
        self._publisher = publisher
        self._membership = membership
        self._lease = Lease(store, "outbox-relay", instance)
        self._marking: frozenset[str] = frozenset()
        self._mark_task: asyncio.Task[None] | None = None
        self._holds = False
        self._ask_again = 0.0

    async def run(self) -> None:
        """Relay until cancelled."""
        watcher = asyncio.create_task(self._watch())
        try:
            while True:
                try:
                    if not await self._leads() or await self._round() < BATCH:
                        await self._rest()
                except (TransientError, PyMongoError) as error:
                    _log.warning("outbox not relayed", error_type=type(error).__name__)
                    await asyncio.sleep(POLL / 2)
        finally:
            watcher.cancel()
            with suppress(TransientError, PyMongoError):
                await self._marked()
            metrics.OUTBOX_LEADER.set(0)

    async def give_up(self) -> None:
        """Let another replica relay at once. Raises TransientError."""
        await self._lease.give_back()

    async def _leads(self) -> bool:
        """Whether this replica relays. Asked of the store at most once in a while, whatever the answer: every
        commit wakes the relay, also where another one leads.
        """
        asked = asyncio.get_running_loop().time()
        if asked >= self._ask_again:
            self._holds = await self._lease.hold()
            self._ask_again = asked + (_RENEWAL if self._holds else POLL)
            metrics.OUTBOX_LEADER.set(int(self._holds))
        return self._holds

    async def _rest(self) -> None:
        """Wait for a wake-up, at most a second."""
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL):
                await self._outbox.woken.wait()
        self._outbox.woken.clear()

    async def publish_batch(self) -> int:
        """Publish the oldest unpublished rows and mark those that were confirmed; how many were found."""
        found = await self._round()
        await self._marked()
        return found

    async def _round(self) -> int:
        """The same, with the marking still under way: what is committed meanwhile need not wait for it."""
        unpublished: dict[str, Any] = {"published": False}
        if self._marking:
            unpublished["_id"] = {"$nin": list(self._marking)}
        with self._store.guarded():
            found = await self._rows.find(unpublished).sort("order", ASCENDING).limit(BATCH).to_list(BATCH)
        if not found:
            await self._marked()
            return 0
        results = await asyncio.gather(*(self._publish(row) for row in found))
        await self._marked()
        done = frozenset(row["_id"] for row, confirmed in zip(found, results, strict=True) if confirmed)
        if done:
            self._marking = done
            self._mark_task = asyncio.create_task(self._mark(done))
        if len(done) < len(found):
            _log.warning("outbox rows not confirmed", rows=len(found) - len(done))
            await asyncio.sleep(POLL / 2)
        return len(found)

    async def _mark(self, done: frozenset[str]) -> None:
        with self._store.guarded():
            await self._rows.update_many(
                {"_id": {"$in": list(done)}}, {"$set": {"published": True, "published_at": now()}}
            )
        metrics.OUTBOX_PUBLISHED.inc(len(done))

    async def _marked(self) -> None:
        """Wait for the marking under way. When it failed, its rows are published again, as after a crash."""
        task, self._mark_task = self._mark_task, None
        if task is not None:
            try:
                await task
            finally:
                self._marking = frozenset()

    async def _publish(self, row: dict[str, Any]) -> bool:
        try:
            await self._publisher.publish_raw(
                bytes(row["body"]),
                exchange=row["exchange"],
                routing_key=row["routing_key"],
                message_id=row["_id"],
                message_type=row["type"],
                # An event nobody binds is fine; a command must find its queue.
                mandatory=row["exchange"].endswith(".cmd"),
                time_limit=10.0,
            )
        except TransientError:
            return False
        return True

    async def _watch(self) -> None:
        """Wake up for rows that other replicas wrote. Alone there are none, and no stream is paid for."""
        while True:
            try:
                if self._membership.alone:
                    await asyncio.sleep(POLL)
                    continue
                inserts: list[dict[str, Any]] = [
                    {"$match": {"operationType": "insert"}},
                    {"$project": {"_id": 1}},
                ]
                async with self._rows.watch(inserts, max_await_time_ms=1000) as stream:
                    while not self._membership.alone:
                        if await stream.try_next() is not None:
                            self._outbox.wake()
            except PyMongoError as error:
                _log.warning("change stream lost", error_type=type(error).__name__)
                await asyncio.sleep(POLL)
