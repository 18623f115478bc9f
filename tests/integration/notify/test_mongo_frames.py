import asyncio

import pytest

from libs.runtime.mongo import Store
from services.notify.adapters.mongo_frames import BLOCK, FRAMES, REMEMBERED_SECONDS, MongoFrames
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


async def test_another_process_goes_on_where_the_last_one_stopped(store: Store):
    await MongoFrames(store).append("acc-1", [unnumbered(), unnumbered()])
    [frame] = await MongoFrames(store).append("acc-1", [unnumbered()])
    assert frame.seq == 3


async def test_numbers_rise_also_after_a_day_without_any(store: Store):
    seconds = 0.0
    first = MongoFrames(store, clock=lambda: seconds)
    await first.append("acc-1", [unnumbered(), unnumbered()])
    await store.database[FRAMES].delete_many({})  # what the database does after a day
    quiet = await MongoFrames(store).after("acc-1", 0, 10)
    assert quiet.last >= 2
    assert quiet.oldest == quiet.last + 1
    [frame] = await MongoFrames(store).append("acc-1", [unnumbered()])
    assert 2 < frame.seq <= 2 * BLOCK
    seconds = REMEMBERED_SECONDS + 1
    [later] = await first.append("acc-1", [unnumbered()])
    assert later.seq == frame.seq + 1
