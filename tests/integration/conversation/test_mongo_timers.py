"""Deadlines that fall due become commands, once the broker has them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from libs.contracts.conversation import ExpireAnswer
from libs.contracts.errors import ErrorCode, TransientError
from libs.contracts.topology import conversation_crc, partition
from libs.runtime.clock import now
from libs.runtime.publisher import OutboxEntry, Publisher
from services.conversation.adapters import mongo_timers
from services.conversation.adapters.documents import deadline_id
from services.conversation.adapters.mongo_timers import MongoTimers
from services.conversation.use_cases.ports import AnswerDeadline
from tests.integration.conversation.repository import MongoRepository
from tests.unit.conversation.making import ACCOUNT, id_of_thread


class RecordingPublisher(Publisher):
    """Notes what it is given; confirms what `takes` says."""

    def __init__(self) -> None:
        self.entries: list[OutboxEntry] = []
        self.takes = True

    async def publish_many(self, entries: Any, *, time_limit: float = 10.0) -> list[bool]:  # noqa: ARG002 - the real one's
        self.entries += entries
        return [self.takes] * len(entries)


@pytest.fixture
def publisher() -> RecordingPublisher:
    return RecordingPublisher()


async def put(mongo: MongoRepository, seconds: float, message: str = "m1", session: str = "s") -> str:
    conversation_id = id_of_thread(session_id=session)
    deadline = AnswerDeadline(conversation_id, message, 2, now() + timedelta(seconds=seconds))
    await mongo.transaction(ACCOUNT, lambda tx: tx.put_deadline(deadline))
    return conversation_id


async def test_what_is_due_goes_to_its_conversations_partition(
    mongo: MongoRepository, publisher: RecordingPublisher
) -> None:
    due = await put(mongo, -1)
    later = await put(mongo, 60, session="later")
    assert await MongoTimers(mongo.store, publisher, 1).publish_due() == 1
    (entry,) = publisher.entries
    assert entry.exchange == "conversation.cmd"
    assert entry.routing_key == f"{partition(conversation_crc(due))}.expire_answer.v1"
    assert (entry.envelope.subject, entry.envelope.accountid) == (due, ACCOUNT)
    command = entry.envelope.message()
    assert isinstance(command, ExpireAnswer)
    assert (command.conversation_id, command.message_id, command.handoff_epoch) == (due, "m1", 2)
    assert await mongo.deadline(ACCOUNT, due) is None
    assert await mongo.deadline(ACCOUNT, later) is not None


async def test_a_row_stays_until_the_broker_has_it_and_its_command_keeps_its_id(
    mongo: MongoRepository, publisher: RecordingPublisher
) -> None:
    due = await put(mongo, -1)
    publisher.takes = False
    timers = MongoTimers(mongo.store, publisher, 1)
    assert await timers.publish_due() == 1
    assert await mongo.deadline(ACCOUNT, due) is not None
    assert await timers.publish_due() == 0, "it is leased"
    await mongo.records.timers.update_one(
        {"_id": deadline_id(due)}, {"$set": {"leased_until": now() - timedelta(seconds=1)}}
    )
    publisher.takes = True
    assert await timers.publish_due() == 1
    assert await mongo.deadline(ACCOUNT, due) is None
    first, second = publisher.entries
    assert first.envelope.id == second.envelope.id


async def test_a_newer_deadline_outlives_the_older_one(mongo: MongoRepository) -> None:
    due = await put(mongo, -1)

    class Overtaken(RecordingPublisher):
        async def publish_many(self, entries: Any, *, time_limit: float = 10.0) -> list[bool]:
            await put(mongo, 30, "m2")
            return await super().publish_many(entries, time_limit=time_limit)

    await MongoTimers(mongo.store, Overtaken(), 1).publish_due()
    deadline = await mongo.deadline(ACCOUNT, due)
    assert deadline is not None
    assert deadline.message_id == "m2"


async def test_replicas_share_the_rows(mongo: MongoRepository) -> None:
    for number in range(30):
        await put(mongo, -1, session=f"s{number}")
    publishers = [RecordingPublisher() for _ in range(3)]
    taken = await asyncio.gather(*(MongoTimers(mongo.store, one, 1).publish_due() for one in publishers))
    ids = [entry.envelope.id for one in publishers for entry in one.entries]
    assert sum(taken) == len(ids) == len(set(ids)) == 30


async def test_the_worker_outlives_a_store_that_is_away(
    mongo: MongoRepository, publisher: RecordingPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers = MongoTimers(mongo.store, publisher, 0.01)
    failures = [TransientError(ErrorCode.UNAVAILABLE, "away"), AutoReconnect("away")]
    publish_due, published = timers.publish_due, asyncio.Event()

    async def flaky() -> int:
        if failures:
            raise failures.pop()
        count = await publish_due()
        if publisher.entries:
            published.set()
        return count

    monkeypatch.setattr(timers, "publish_due", flaky)
    monkeypatch.setattr(mongo_timers, "BATCH", 1)
    await put(mongo, -1)
    worker = asyncio.create_task(timers.run())
    async with asyncio.timeout(10):
        await published.wait()
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert len(publisher.entries) == 1
