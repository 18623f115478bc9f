"""Counting in MongoDB: once each, whoever adds it up, before and after."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from libs.contracts.vocabulary import DeliveryState, Status
from libs.runtime.lease import Lease
from services.conversation.adapters.mongo_tallies import BATCH, FACTS, TALLIES, MongoTallies, facts_document
from services.conversation.domain.counting import Fact
from services.conversation.domain.status_machine import StatusCommand
from tests.integration.conversation.repository import MongoRepository
from tests.integration.runtime.waiting import until
from tests.unit.conversation.making import ACCOUNT, CONTACT, agent, conversation, draft

NOON = datetime(2026, 11, 10, 12, 3, tzinfo=UTC)
DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)


@pytest.fixture
async def tallies(mongo: MongoRepository) -> MongoTallies:
    for name in (FACTS, TALLIES):
        await mongo.store.database[name].delete_many({})
    return MongoTallies(mongo.store, Lease(mongo.store, "tallies", "one"), 0.05)


async def count(mongo: MongoRepository, *facts: Fact, account: str = ACCOUNT) -> None:
    await mongo.store.database[FACTS].insert_one(facts_document(account, facts))


async def test_a_thing_counts_once_before_and_after_it_is_added_up(
    mongo: MongoRepository, tallies: MongoTallies
) -> None:
    await count(mongo, Fact(NOON, "sent"), Fact(NOON, "sent"), Fact(NOON + DAY, "confidence", 0.5))
    await count(mongo, Fact(NOON, "sent"), account="other")
    ranges = [(datetime(2026, 11, 9, 18, 30, tzinfo=UTC), datetime(2026, 11, 16, 18, 30, tzinfo=UTC))]
    before = await tallies.between(ACCOUNT, ranges)
    assert before == [{"sent": 2, "confidence": 0.5}]
    assert await tallies.add_up() == 2
    assert await tallies.add_up() == 0
    assert await tallies.between(ACCOUNT, ranges) == before


async def test_ranges_begin_and_end_at_a_slot_whatever_the_days_are(
    mongo: MongoRepository, tallies: MongoTallies
) -> None:
    begin = datetime(2026, 11, 8, 18, 15, tzinfo=UTC)
    rows = [facts_document(ACCOUNT, [Fact(begin + number * QUARTER, "sent")]) for number in range(9 * 96)]
    await mongo.store.database[FACTS].insert_many(rows)
    while await tallies.add_up() == BATCH:
        pass
    ends = [begin, begin + DAY, begin + 7 * DAY, begin + 9 * DAY]
    counted = await tallies.between(ACCOUNT, list(pairwise(ends)))
    assert [counts["sent"] for counts in counted] == [96, 6 * 96, 2 * 96]
    short = await tallies.between(ACCOUNT, [(begin + 4 * QUARTER, begin + 8 * QUARTER)])
    assert short == [{"sent": 4}]


async def test_two_who_add_up_at_once_count_nothing_twice(
    mongo: MongoRepository, tallies: MongoTallies
) -> None:
    for _ in range(20):
        await count(mongo, Fact(NOON, "sent"))
    other = MongoTallies(mongo.store, Lease(mongo.store, "tallies", "two"), 0.05)
    await asyncio.gather(tallies.add_up(), other.add_up())
    (counts,) = await tallies.between(ACCOUNT, [(NOON - DAY, NOON + DAY)])
    assert counts["sent"] == 20


async def test_the_worker_adds_up_by_itself(mongo: MongoRepository, tallies: MongoTallies) -> None:
    worker = asyncio.create_task(tallies.run())
    await count(mongo, Fact(NOON, "sent"))
    await until(lambda: mongo.store.database[TALLIES].count_documents({"size": "day"}))
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert await mongo.store.database[FACTS].count_documents({}) == 0


async def test_what_a_transaction_does_is_counted_with_it(
    mongo: MongoRepository, tallies: MongoTallies
) -> None:
    one = conversation()
    one.receive(draft("in", seconds=1), CONTACT, wants_answer=False)
    one.change_status(StatusCommand.HAND_OFF, agent(), one.updated_at)
    message = one.reply(draft("out", seconds=5), agent())

    async def work(tx: Any) -> None:
        await tx.save(one)
        await tx.add_message(message)

    await mongo.transaction(ACCOUNT, work)
    await mongo.transaction(
        ACCOUNT, lambda tx: tx.advance_delivery(one.id, message.view.id, DeliveryState.DELIVERED)
    )
    (counts,) = await tallies.between(ACCOUNT, [(one.created_at - DAY, datetime.now(UTC) + DAY)])
    assert (counts["started"], counts["received"], counts["delivery_sent"]) == (1, 1, 1)
    assert counts["delivery_delivered"] == counts["handoffs"] == 1
    loaded = await mongo.conversations.find(ACCOUNT, one.id)
    assert loaded is not None
    assert (loaded.answered, loaded.by_people, loaded.begun_at) == (True, True, one.created_at)


async def test_conversations_are_counted_by_status(mongo: MongoRepository, tallies: MongoTallies) -> None:
    for number, status in enumerate([Status.ACTIVE, Status.ACTIVE, Status.CLOSED]):
        one = conversation(str(number), session_id=f"s{number}")
        one.status = status
        await mongo.transaction(ACCOUNT, lambda tx, one=one: tx.save(one))
    assert await tallies.by_status(ACCOUNT) == {
        "active": 2,
        "handed_off": 0,
        "resolved": 0,
        "closed": 1,
        "archived": 0,
    }
