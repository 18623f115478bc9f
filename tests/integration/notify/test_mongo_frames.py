import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from libs.runtime.clock import now
from libs.runtime.mongo import Store
from services.notify.adapters.mongo_frames import (
    BLOCK,
    FRAMES,
    KEPT_SECONDS,
    NUMBERS,
    REMEMBERED_SECONDS,
    MongoFrames,
)
from tests.unit.notify.build import unnumbered
from tests.unit.notify.frames_suite import FramesSuite


@pytest.fixture
def frames(store: Store):
    return MongoFrames(store)


class TestMongoFrames(FramesSuite):
    pass


async def test_two_writers_give_no_number_twice(store: Store):
    writers = [MongoFrames(store), MongoFrames(store)]
    events = [unnumbered() for _ in range(40)]
    for at in range(0, 40, 4):
        await asyncio.gather(*(writer.append("acc-1", events[at : at + 4]) for writer in writers))
    page = await writers[0].after("acc-1", 0, 100)
    assert [frame.seq for frame in page.frames] == list(range(1, 41))


async def test_writers_of_different_events_leave_no_hole(store: Store):
    writers = [MongoFrames(store), MongoFrames(store)]
    for _ in range(10):
        await asyncio.gather(*(writer.append("acc-1", [unnumbered(), unnumbered()]) for writer in writers))
    page = await writers[0].after("acc-1", 0, 100)
    assert [frame.seq for frame in page.frames] == list(range(1, 41))


async def test_two_writers_that_begin_an_account_at_once_begin_the_same_row_of_numbers(store: Store):
    held, free = MongoFrames(store), MongoFrames(store)
    insert, reserved, go = held._rows.insert_many, asyncio.Event(), asyncio.Event()

    async def late(rows: list[dict[str, Any]], **options: Any) -> Any:
        reserved.set()
        await go.wait()
        return await insert(rows, **options)

    held._rows = SimpleNamespace(insert_many=late, find=held._rows.find, find_one=held._rows.find_one)
    first = asyncio.ensure_future(held.append("acc-1", [unnumbered()]))
    await reserved.wait()
    second = await free.append("acc-1", [unnumbered()])
    go.set()
    assert [frame.seq for frame in [*second, *await first]] == [1, 2]


async def test_another_process_goes_on_where_the_last_one_stopped(store: Store):
    await MongoFrames(store).append("acc-1", [unnumbered(), unnumbered()])
    [frame] = await MongoFrames(store).append("acc-1", [unnumbered()])
    assert frame.seq == 3


async def _a_day_passes(store: Store) -> None:
    """What the database has then: no frame, and a reservation of a day ago."""
    await store.database[FRAMES].delete_many({})
    await store.database[NUMBERS].update_many({}, {"$set": {"at": now() - timedelta(seconds=KEPT_SECONDS)}})


async def test_numbers_rise_also_after_a_day_without_any(store: Store):
    seconds = 0.0
    first = MongoFrames(store, clock=lambda: seconds)
    await first.append("acc-1", [unnumbered(), unnumbered()])
    await _a_day_passes(store)
    quiet = await MongoFrames(store).after("acc-1", 0, 10)
    assert quiet.last >= 2
    assert quiet.oldest == quiet.last + 1
    [frame] = await MongoFrames(store).append("acc-1", [unnumbered()])
    assert 2 < frame.seq <= 2 * BLOCK
    seconds = REMEMBERED_SECONDS + 1
    [later] = await first.append("acc-1", [unnumbered()])
    assert later.seq == frame.seq + 1
