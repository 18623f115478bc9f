"""What every store of frames must do: subclasses give the `frames` fixture."""

from services.notify.use_cases.ports import Frames
from tests.unit.notify.build import unnumbered


class FramesSuite:
    async def test_numbers_rise_by_one_in_order(self, frames: Frames):
        batch = [unnumbered() for _ in range(3)]
        first = await frames.append("acc-1", batch)
        second = await frames.append("acc-1", [unnumbered()])
        assert [frame.seq for frame in [*first, *second]] == [1, 2, 3, 4]

    async def test_each_account_has_its_own_numbers(self, frames: Frames):
        await frames.append("acc-1", [unnumbered()])
        [other] = await frames.append("acc-2", [unnumbered("acc-2")])
        assert other.seq == 1

    async def test_an_event_keeps_its_number(self, frames: Frames):
        known = [unnumbered(), unnumbered()]
        numbered = await frames.append("acc-1", known)
        again = await frames.append("acc-1", [known[1], unnumbered(), known[0]])
        assert [frame.seq for frame in again] == [2, 3, 1]
        assert again[0] == numbered[1]

    async def test_a_page_begins_after_the_number_and_says_whether_there_is_more(self, frames: Frames):
        await frames.append("acc-1", [unnumbered() for _ in range(5)])
        page = await frames.after("acc-1", 2, 2)
        assert [frame.seq for frame in page.frames] == [3, 4]
        assert (page.last, page.oldest, page.more) == (5, 1, True)
        rest = await frames.after("acc-1", 4, 2)
        assert ([frame.seq for frame in rest.frames], rest.more) == ([5], False)

    async def test_an_account_without_frames_has_none(self, frames: Frames):
        page = await frames.after("nobody", 0, 10)
        assert (page.frames, page.last, page.oldest, page.more) == ((), 0, 1, False)
