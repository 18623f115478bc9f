import asyncio

import pytest

from libs.contracts.conversation import ConversationEvent
from libs.contracts.errors import PermanentError, TransientError
from libs.contracts.notify import FramesAfter
from libs.contracts.vocabulary import SenderKind
from services.notify.use_cases.get_frames import GetFrames
from services.notify.use_cases.notification_settings import AddSettings
from services.notify.use_cases.number_frames import NumberFrames
from services.notify.use_cases.tell_about_event import TellAboutEvent
from tests.unit.notify.build import (
    account_frame,
    enveloped,
    handed_off,
    handoff_ended,
    message,
    resolved,
)
from tests.unit.notify.fakes import InMemoryFrames, InMemorySettings, ListRealtime


class Desk:
    def __init__(self, batch: int = 50) -> None:
        self.frames, self.realtime = InMemoryFrames(), ListRealtime()
        self.number = NumberFrames(self.frames, self.realtime, batch=batch)
        self.use_case = TellAboutEvent(self.realtime, self.number, AddSettings(InMemorySettings()))

    async def tell(self, event: ConversationEvent, sequence: int = 1, event_id: str | None = None):
        await self.use_case(event, enveloped(event, sequence, event_id))

    def seen(self) -> list[tuple[str, str, int]]:
        return [(frame.scope, frame.type, frame.seq) for frame in self.realtime.frames]


async def test_a_contact_s_message_is_told_to_the_thread_and_to_the_account():
    desk = Desk()
    await desk.tell(message(), sequence=7)
    assert desk.seen() == [
        ("conversation", "contact_message", 7),
        ("account", "conversation:new_reply", 1),
    ]


async def test_an_agent_s_message_is_told_to_the_thread_with_the_first_name():
    desk = Desk()
    await desk.tell(message(SenderKind.AGENT), sequence=8)
    assert desk.seen() == [("conversation", "agent_message", 8)]
    assert desk.realtime.frames[0].fields["agent_name"] == "Nora"


async def test_a_handoff_is_told_with_its_notification():
    desk = Desk()
    await desk.tell(handed_off(), sequence=3)
    assert desk.seen() == [("conversation", "handoff_started", 3), ("account", "handoff", 1)]
    assert desk.realtime.frames[1].fields["notification"]["title"] == "New handoff — Shop"


async def test_the_end_of_a_handoff_is_told_with_nothing_in_it():
    desk = Desk()
    await desk.tell(handoff_ended(), sequence=4)
    assert desk.seen() == [("conversation", "handoff_ended", 4)]
    assert desk.realtime.frames[0].fields == {}


async def test_an_event_that_comes_again_is_told_under_the_same_numbers():
    desk = Desk()
    event = resolved()
    for _ in range(2):
        await desk.tell(event, sequence=5, event_id="e-1")
    assert desk.seen()[:2] == desk.seen()[2:]


async def test_account_numbers_rise_over_conversations():
    desk = Desk()
    for number in range(4):
        await desk.tell(resolved(conversation=f"c{number}-0a07"), sequence=1)
    assert [frame.seq for frame in desk.realtime.frames if frame.scope == "account"] == [1, 2, 3, 4]


async def test_an_event_without_a_sequence_is_refused():
    event = resolved()
    with pytest.raises(PermanentError):
        await Desk().use_case(event, enveloped(event, None))


async def test_frames_that_wait_together_are_stored_together_and_published_in_order():
    desk = Desk(batch=4)
    await asyncio.gather(*(desk.number(f"e-{number}", account_frame()) for number in range(10)))
    assert desk.frames.batches == [4, 4, 2]
    assert [frame.seq for frame in desk.realtime.frames] == list(range(1, 11))
    assert desk.number._lines == {}


async def test_accounts_do_not_wait_for_each_other():
    desk = Desk()
    await asyncio.gather(
        *(desk.number(f"{account}-{n}", account_frame(account)) for account in "ab" for n in range(3))
    )
    assert sorted(desk.frames.batches) == [3, 3]


async def test_a_frame_that_comes_while_others_are_stored_is_not_forgotten():
    desk = Desk()
    first = asyncio.create_task(desk.number("e-1", account_frame()))
    await asyncio.sleep(0)
    second = asyncio.create_task(desk.number("e-2", account_frame()))
    await asyncio.gather(first, second)
    assert [frame.seq for frame in desk.realtime.frames] == [1, 2]


@pytest.mark.parametrize("part", ["frames", "realtime"])
async def test_while_store_or_broker_are_away_the_event_stays_with_the_broker(part: str):
    desk = Desk()
    getattr(desk, part).failures = 1
    results = await asyncio.gather(
        *(desk.number(f"e-{number}", account_frame()) for number in range(3)), return_exceptions=True
    )
    assert [type(result) for result in results] == [TransientError] * 3
    for number in range(3):
        await desk.number(f"e-{number}", account_frame())
    assert [frame.seq for frame in desk.realtime.frames] == [1, 2, 3]


async def test_a_frame_that_cannot_be_stored_fails_alone():
    desk = Desk()
    desk.frames.bad = {"e-1"}
    results = await asyncio.gather(
        *(desk.number(f"e-{number}", account_frame()) for number in range(3)), return_exceptions=True
    )
    assert [type(result) for result in results] == [type(None), ValueError, type(None)]


async def test_who_was_cancelled_does_not_keep_the_others_waiting():
    desk = Desk()
    gone = asyncio.create_task(desk.number("e-1", account_frame()))
    stays = asyncio.create_task(desk.number("e-2", account_frame()))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert gone.cancelled() or gone.done()
    assert [frame.seq for frame in desk.realtime.frames] == [1, 2]


async def test_the_gap_of_an_account_can_be_asked_for():
    desk = Desk()
    for number in range(3):
        await desk.number(f"e-{number}", account_frame())
    page = await GetFrames(desk.frames)(FramesAfter(after=1), account_id="acc-1")
    assert ([frame.seq for frame in page.frames], page.last, page.oldest, page.more) == ([2, 3], 3, 1, False)
