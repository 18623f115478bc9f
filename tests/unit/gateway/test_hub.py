import asyncio
import json
from typing import Any

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import ConversationRef, FoundConversation
from libs.contracts.delivery import ConnectionChanged
from libs.contracts.errors import DomainError, TransientError
from libs.contracts.frames import MERGED_FRAME, Frame
from libs.contracts.topology import account_room as account_room_name
from libs.contracts.topology import conversation_room as conversation_room_name
from services.gateway.domain.callers import PersonCaller, VisitorCaller
from services.gateway.domain.frame_text import FrameText
from services.gateway.domain.topics import Room, conversation_room
from services.gateway.use_cases.follow_own_thread import FollowOwnThread
from services.gateway.use_cases.follow_room import FollowRoom
from services.gateway.use_cases.follow_topics import MOST_TOPICS, FollowTopics
from services.gateway.use_cases.follower import MOST_WAITING, Follower
from services.gateway.use_cases.hub import Hub
from services.gateway.use_cases.read_gap import MOST_MISSED, ReadGap
from tests.unit.gateway.fakes import ConversationBook, KeptFrames, ListSink
from tests.unit.gateway.samples import (
    ACCOUNT,
    ANA,
    BEN,
    WHEN,
    account_frame,
    chat_frame,
    conversation,
    envelope,
    recorded,
    started,
    until,
)


class World:
    """A hub with everything behind it in memory."""

    def __init__(self) -> None:
        self.book = ConversationBook()
        self.frames = KeptFrames()
        self.reports: list[str] = []
        self.pauses: list[float] = []
        self.back_after = 0
        gaps = ReadGap(self.book, self.frames)
        self.hub = Hub(gaps, report=self.reports.append, pause=self._pause)
        self.follow = FollowRoom(self.hub, gaps)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if len(self.pauses) == self.back_after:
            self.book.away = False

    def know(self, ref: ConversationRef, *sequences: int) -> None:
        """A conversation with a message for each of these sequences."""
        found = FoundConversation(conversation=ref, sequence=0)
        self.book.found |= {ref.session_id: found, ref.id: found}
        self.add(ref, *sequences)

    def add(self, ref: ConversationRef, *sequences: int) -> None:
        events = self.book.events.setdefault(ref.id, [])
        events += [envelope(recorded(ref, sequence), sequence) for sequence in sequences]

    def live(self, frame: Frame) -> None:
        if frame.scope == "account":
            name = account_room_name(frame.account_id)
        else:
            name = conversation_room_name(frame.account_id, frame.conversation_id)
        self.hub.receive(name, frame.model_dump_json().encode())

    def agent(self, person: Any = ANA) -> tuple[FollowTopics, ListSink]:
        sink = ListSink()
        return FollowTopics(self.follow, self.book, PersonCaller(person, WHEN), sink), sink


def frames(sink: ListSink) -> list[dict[str, Any]]:
    return [json.loads(text) for text in sink.texts]


def numbers(sink: ListSink, kind: str = "agent_message") -> list[int]:
    return [frame["seq"] for frame in frames(sink) if frame["type"] == kind]


async def settled(world: World) -> None:
    """Let what the hub has begun come to its end."""
    await until(lambda: not world.hub._tasks)


REF = conversation()
TOPIC = f"chat:{REF.session_id}"


async def test_a_subscriber_gets_what_comes_and_nothing_of_before():
    world = World()
    world.know(REF, 1, 2)
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, None)
    world.live(chat_frame(REF, 2))
    world.live(chat_frame(REF, 3))
    assert frames(sink)[0] == {"type": "subscribed", "topic": TOPIC, "seq": 2, "complete": True}
    assert numbers(sink) == [3]


async def test_frames_come_under_the_name_the_client_used():
    world = World()
    world.know(REF, 1)
    topics, sink = world.agent()
    await topics.subscribe(f"ticket_{REF.id}", None)
    await topics.subscribe(REF.id, None)
    world.live(chat_frame(REF, 2))
    assert [frame["topic"] for frame in frames(sink)[2:]] == [f"ticket_{REF.id}", REF.id]


async def test_who_comes_back_gets_what_was_missed_in_order_and_none_twice():
    world = World()
    world.know(REF, 1, 2, 3, 4)
    topics, sink = world.agent()
    gate = asyncio.Event()
    world.book.pauses.append(gate)
    subscribing = asyncio.create_task(topics.subscribe(TOPIC, 1))
    await until(lambda: world.hub.position(_room(REF)) is not None)
    # These come while the gap is being read: one that the gap has, too, and one that is new.
    world.live(chat_frame(REF, 4))
    world.add(REF, 5)
    world.live(chat_frame(REF, 5))
    gate.set()
    await subscribing
    world.add(REF, 6)
    world.live(chat_frame(REF, 6))
    await settled(world)
    assert numbers(sink) == [2, 3, 4, 5, 6]


async def test_a_lost_frame_is_fetched_before_later_ones_are_sent():
    world = World()
    world.know(REF, 1)
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, None)
    world.add(REF, 2, 3, 4)
    world.live(chat_frame(REF, 3))
    world.live(chat_frame(REF, 4))
    await settled(world)
    assert numbers(sink) == [2, 3, 4]


async def test_numbers_of_events_without_frames_are_no_holes_for_long():
    world = World()
    world.know(REF)
    world.book.events[REF.id] = [envelope(started(REF), 1)]
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, None)
    world.book.events[REF.id].append(envelope(started(REF), 2))
    world.add(REF, 3)
    world.live(chat_frame(REF, 3))
    await settled(world)
    assert numbers(sink) == [3]
    world.add(REF, 4)
    world.live(chat_frame(REF, 4))
    assert numbers(sink) == [3, 4]


async def test_a_hole_is_asked_for_until_somebody_answers():
    world = World()
    world.know(REF, 1)
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, None)
    world.add(REF, 2, 3)
    world.book.away = True
    world.back_after = 2
    world.live(chat_frame(REF, 3))
    await settled(world)
    assert numbers(sink) == [2, 3]


async def test_a_hole_that_nobody_fills_cuts_the_socket_so_that_it_resumes():
    world = World()
    world.know(REF, 1)
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, None)
    world.book.away = True
    world.live(chat_frame(REF, 3))
    await settled(world)
    assert sink.ended == (1013, "frames were missed")
    assert world.reports == ["hole not filled"]


async def test_what_was_missed_while_the_broker_was_away_is_fetched():
    world = World()
    world.know(REF, 1)
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, None)
    world.add(REF, 2)
    world.hub.check_all()
    await settled(world)
    assert numbers(sink) == [2]


async def test_frames_of_rooms_that_nobody_is_in_are_not_read():
    world = World()
    world.hub.receive(conversation_room_name(ACCOUNT, REF.id), b"not even JSON")
    assert world.reports == []


async def test_an_unreadable_frame_is_reported_and_harms_nobody():
    world = World()
    world.know(REF, 1)
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, None)
    world.hub.receive(conversation_room_name(ACCOUNT, REF.id), b"{}")
    world.live(chat_frame(REF, 2))
    assert world.reports == ["frame unreadable"]
    assert numbers(sink) == [2]


async def test_what_an_agent_may_not_see_is_not_there():
    world = World()
    world.know(REF, 1)
    world.book.blind.add(ANA.id)
    topics, _ = world.agent()
    with pytest.raises(DomainError) as refused:
        await topics.subscribe(TOPIC, None)
    assert refused.value.code == "not_found"


async def test_a_conversation_of_another_account_is_not_there_even_if_it_were_answered():
    world = World()
    world.know(REF.model_copy(update={"account_id": "acc-2"}), 1)
    topics, _ = world.agent()
    with pytest.raises(DomainError) as refused:
        await topics.subscribe(TOPIC, None)
    assert refused.value.code == "not_found"


async def test_frames_stop_when_the_conversation_moves_out_of_sight_and_come_back_with_it():
    world = World()
    seen = conversation(department="IT")
    world.know(seen, 1)
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, None)
    world.live(chat_frame(seen, 2))
    world.live(chat_frame(conversation(department="HR"), 3))
    world.live(chat_frame(seen, 4))
    assert numbers(sink) == [2, 4]


async def test_what_was_before_an_agent_was_found_to_see_it_is_theirs_what_came_after_is_judged():
    world = World()
    elsewhere = conversation(department="HR")
    world.know(conversation(department="IT"))
    world.book.events[REF.id] = [envelope(recorded(elsewhere, 1), 1), envelope(recorded(elsewhere, 2), 2)]
    topics, sink = world.agent()
    gate = asyncio.Event()
    world.book.pauses.append(gate)
    subscribing = asyncio.create_task(topics.subscribe(TOPIC, 0))
    await until(lambda: world.hub.position(_room(REF)) is not None)
    world.book.events[REF.id].append(envelope(recorded(elsewhere, 3), 3))
    gate.set()
    await subscribing
    assert numbers(sink) == [1, 2]


async def test_the_account_topic_is_filtered_person_by_person():
    world = World()
    ana, ana_sink = world.agent(ANA)
    ben, ben_sink = world.agent(BEN)
    await ana.start(None)
    await ben.start(None)
    world.live(account_frame(conversation(department="IT"), 1))
    world.live(account_frame(conversation(department="HR"), 2))
    world.live(account_frame(conversation(), 3))
    await settled(world)
    assert numbers(ana_sink, "conversation:started") == [1, 3]
    assert numbers(ben_sink, "conversation:started") == [2, 3]


async def test_who_connects_is_on_the_accounts_and_their_own_topic():
    world = World()
    topics, sink = world.agent()
    await topics.start(None)
    assert [(frame["type"], frame["topic"]) for frame in frames(sink)] == [
        ("subscribed", f"account:{ACCOUNT}"),
        ("subscribed", f"agent:{ANA.id}"),
    ]


@pytest.mark.parametrize("topic", ["account:acc-2", "agent:agent-ben"])
async def test_topics_of_others_are_not_there(topic: str):
    topics, _ = World().agent()
    with pytest.raises(DomainError) as refused:
        await topics.subscribe(topic, None)
    assert refused.value.code == "not_found"


@pytest.mark.parametrize("topic", ["", "nonsense", "account:", "chat:", "ticket_", "x" * 301, "a-zzzz"])
async def test_what_is_no_topic_is_refused(topic: str):
    topics, _ = World().agent()
    with pytest.raises(DomainError) as refused:
        await topics.subscribe(topic, None)
    assert refused.value.code == "invalid"


async def test_an_account_resumes_from_the_kept_frames():
    world = World()
    world.frames.frames = [account_frame(REF, seq) for seq in (1, 2, 3)]
    topics, sink = world.agent()
    await topics.start(1)
    world.frames.frames.append(account_frame(REF, 4))
    world.live(account_frame(REF, 4))
    assert numbers(sink, "conversation:started") == [2, 3, 4]
    assert frames(sink)[0] == {
        "type": "subscribed",
        "topic": f"account:{ACCOUNT}",
        "seq": 3,
        "complete": True,
    }


async def test_a_client_is_told_when_what_it_missed_is_not_kept_any_more():
    world = World()
    world.frames.frames = [account_frame(REF, seq) for seq in range(1, 10)]
    world.frames.oldest = 6
    topics, sink = world.agent()
    await topics.start(2)
    assert frames(sink)[0]["complete"] is False
    assert numbers(sink, "conversation:started") == []
    world.live(account_frame(REF, 10))
    assert numbers(sink, "conversation:started") == [10]


async def test_a_client_is_told_when_it_missed_too_much():
    world = World()
    world.know(REF, *range(1, MOST_MISSED + 600))
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, 0)
    assert frames(sink)[0]["complete"] is False
    assert numbers(sink) == []


async def test_a_number_from_the_future_is_told_and_frames_come():
    world = World()
    world.know(REF, 1)
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, 99)
    world.live(chat_frame(REF, 2))
    assert frames(sink)[0] == {"type": "subscribed", "topic": TOPIC, "seq": 1, "complete": False}
    assert numbers(sink) == [2]


async def test_subscribing_again_with_an_older_number_sends_what_lies_between_once():
    world = World()
    world.know(REF, 1, 2, 3)
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, None)
    world.add(REF, 4)
    world.live(chat_frame(REF, 4))
    await topics.subscribe(TOPIC, 1)
    await topics.subscribe(TOPIC, 1)
    await topics.subscribe(TOPIC, None)
    world.add(REF, 5)
    world.live(chat_frame(REF, 5))
    assert numbers(sink) == [4, 2, 3, 5]


async def test_the_second_subscriber_of_a_room_costs_no_query():
    world = World()
    world.know(REF, 1)
    first, _ = world.agent()
    await first.subscribe(TOPIC, None)
    world.book.asked.clear()
    second, sink = world.agent(BEN)
    await second.subscribe(TOPIC, None)
    assert world.book.asked == []
    world.live(chat_frame(REF, 2))
    assert numbers(sink) == [2]


async def test_a_room_is_forgotten_with_its_last_follower():
    world = World()
    world.know(REF, 1)
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, None)
    await topics.unsubscribe(TOPIC)
    await topics.unsubscribe("chat:never")
    world.live(chat_frame(REF, 2))
    assert numbers(sink) == []
    assert world.hub.position(_room(REF)) is None
    await topics.subscribe(TOPIC, None)
    topics.close()
    assert world.hub.position(_room(REF)) is None


async def test_a_subscription_that_fails_leaves_nothing_behind():
    world = World()
    world.know(REF, 1)
    topics, _ = world.agent()
    gate = asyncio.Event()
    world.book.pauses.append(gate)
    subscribing = asyncio.create_task(topics.subscribe(TOPIC, 0))
    await until(lambda: world.hub.position(_room(REF)) is not None)
    world.book.away = True
    gate.set()
    with pytest.raises(TransientError):
        await subscribing
    assert world.hub.position(_room(REF)) is None


async def test_a_follower_sends_no_number_twice_wherever_it_comes_from():
    sink = ListSink()
    follower = Follower(TOPIC, lambda _: True, sink, since=2)
    follower.take(FrameText(chat_frame(REF, 4)))
    follower.hold()
    await follower.catch_up([chat_frame(REF, number) for number in (2, 3, 4)], cleared=0)
    follower.take(FrameText(chat_frame(REF, 4)))
    follower.take(FrameText(chat_frame(REF, 5)))
    assert numbers(sink) == [3, 4, 5]


async def test_a_socket_that_ends_while_it_subscribes_leaves_nothing_behind():
    world = World()
    world.know(REF, 1)
    topics, _ = world.agent()
    world.book.pauses.append(asyncio.Event())
    subscribing = asyncio.create_task(topics.subscribe(TOPIC, 0))
    await until(lambda: world.hub.position(_room(REF)) is not None)
    subscribing.cancel()
    await asyncio.gather(subscribing, return_exceptions=True)
    assert world.hub.position(_room(REF)) is None


async def test_what_waits_for_a_hole_is_bounded():
    world = World()
    world.know(REF, 1)
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, None)
    gate = asyncio.Event()
    world.book.pauses.append(gate)
    for sequence in range(3, MOST_WAITING + 4):
        world.live(chat_frame(REF, sequence))
    assert sink.ended == (1013, "too much is waiting")
    gate.set()
    await settled(world)


async def test_a_hole_in_a_room_that_everybody_left_is_nobodys():
    world = World()
    world.know(REF, 1)
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, None)
    world.live(chat_frame(REF, 3))
    topics.close()
    await settled(world)
    assert (numbers(sink), sink.ended, world.reports) == ([], None, [])


async def test_a_hole_that_is_too_large_cuts_the_socket():
    world = World()
    world.know(REF, 1)
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, None)
    world.add(REF, *range(2, MOST_MISSED + 600))
    world.live(chat_frame(REF, MOST_MISSED + 599))
    world.hub.check_all()
    await settled(world)
    assert sink.ended == (1013, "frames were missed")


async def test_a_large_gap_of_the_account_is_read_page_by_page_and_is_bounded():
    world = World()
    world.frames.frames = [account_frame(REF, seq) for seq in range(1, 1701)]
    topics, sink = world.agent()
    await topics.start(900)
    assert numbers(sink, "conversation:started") == list(range(901, 1701))
    late, late_sink = world.agent()
    await late.start(0)
    assert frames(late_sink)[0]["complete"] is False
    assert numbers(late_sink, "conversation:started") == []


async def test_events_of_a_newer_producer_are_passed_over():
    world = World()
    world.know(REF, 1, 3)
    strange = world.book.events[REF.id][0].model_copy(
        update={"type": "conversation.merged.v9", "sequence": 2}
    )
    odd = world.book.events[REF.id][0].model_copy(
        update={
            "type": "delivery.connection_changed.v1",
            "data": ConnectionChanged(actor=SYSTEM, occurred_at=WHEN, connection_id="c").model_dump(
                mode="json"
            ),
            "sequence": 2,
        }
    )
    world.book.events[REF.id][1:1] = [strange, odd]
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, 0)
    assert numbers(sink) == [1, 3]


async def test_who_is_not_in_a_room_leaves_nothing():
    world = World()
    world.know(REF, 1)
    first, _ = world.agent()
    await first.subscribe(TOPIC, None)
    stranger = Follower(TOPIC, lambda _: True, ListSink(), since=0)
    world.hub.leave(_room(REF), stranger)
    world.hub.leave(_room(OWN), stranger)
    assert world.hub.position(_room(REF)) == 1


async def test_a_frame_that_comes_twice_is_passed_on_once():
    world = World()
    world.know(REF, 1)
    topics, sink = world.agent()
    await topics.subscribe(TOPIC, None)
    world.live(chat_frame(REF, 2))
    world.live(chat_frame(REF, 2))
    world.live(chat_frame(REF, 1))
    assert numbers(sink) == [2]


async def test_a_hub_that_closes_ends_what_it_has_begun():
    world = World()
    world.know(REF, 1)
    topics, _ = world.agent()
    await topics.subscribe(TOPIC, None)
    world.book.pauses.append(asyncio.Event())
    world.live(chat_frame(REF, 3))
    await until(lambda: not world.book.pauses)
    await world.hub.close()
    assert not world.hub._tasks


async def test_two_visitors_may_wait_for_threads_with_the_same_digits():
    world = World()
    first, _ = visitor(world)
    second, second_sink = visitor(world)
    await first.start(None)
    await second.start(None)
    await first.close()
    world.know(OWN, 2)
    world.live(chat_frame(OWN, 2))
    await until(lambda: numbers(second_sink) == [2])
    await second.close()


async def test_a_visitor_keeps_looking_while_nobody_answers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("services.gateway.use_cases.follow_own_thread._PAUSES", (0.01, 0.01, 0.01))
    world = World()
    thread, sink = visitor(world)
    await thread.start(None)
    world.book.away = True
    thread.expect()
    await until(lambda: len(thread._pauses) == 0)
    world.book.away = False
    world.know(OWN, 2)
    thread.expect()
    await until(lambda: numbers(sink) == [2])
    await thread.close()


async def test_a_mistake_while_looking_ends_the_socket(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("services.gateway.use_cases.follow_own_thread._PAUSES", (0.01,))
    world = World()
    thread, sink = visitor(world)
    await thread.start(None)
    monkeypatch.setattr(world.book, "find_for_visitor", None)
    thread.expect()
    await until(lambda: sink.ended is not None)
    await thread.close()


async def test_a_socket_has_a_bounded_number_of_topics():
    world = World()
    topics, _ = world.agent()
    for number in range(MOST_TOPICS):
        world.know(conversation(f"tg:1{number:03}"), 1)
        await topics.subscribe(f"chat:tg:1{number:03}", None)
    with pytest.raises(DomainError) as refused:
        await topics.subscribe(TOPIC, None)
    assert refused.value.code == "invalid"


async def test_more_than_may_wait_cuts_the_socket():
    world = World()
    world.know(REF)
    topics, sink = world.agent()
    gate = asyncio.Event()
    world.book.pauses.append(gate)
    subscribing = asyncio.create_task(topics.subscribe(TOPIC, None))
    await until(lambda: world.hub.position(_room(REF)) is not None)
    for sequence in range(1, MOST_WAITING + 2):
        world.live(chat_frame(REF, sequence))
    assert sink.ended == (1013, "too much was missed")
    gate.set()
    await subscribing


def _room(ref: ConversationRef) -> Room:
    return conversation_room(ref.account_id, ref.id)


VISITOR = VisitorCaller(ACCOUNT, "bot-1", "conn-web", "v1", "Mira", WHEN)
OWN = conversation("web:v1", connection_id="conn-web", department="IT")


def visitor(world: World) -> tuple[FollowOwnThread, ListSink]:
    sink = ListSink()
    return FollowOwnThread(world.follow, world.book, VISITOR, sink), sink


async def test_a_visitor_gets_their_own_conversation_whatever_its_department():
    world = World()
    world.know(OWN, 1)
    thread, sink = visitor(world)
    await thread.start(0)
    world.live(chat_frame(OWN, 2))
    assert numbers(sink) == [1, 2]
    assert thread.conversation_id == OWN.id
    await thread.close()
    assert world.hub.position(_room(OWN)) is None


async def test_a_visitor_gets_only_frames_that_are_for_visitors():
    world = World()
    world.know(OWN, 1)
    thread, sink = visitor(world)
    await thread.start(None)
    hidden = chat_frame(OWN, 2)
    hidden = hidden.model_copy(update={"audience": hidden.audience.model_copy(update={"visitor": False})})
    world.live(hidden)
    world.live(chat_frame(OWN, 3))
    assert numbers(sink) == [3]
    await thread.close()


async def test_a_conversation_that_begins_later_is_found_by_its_first_frame():
    world = World()
    thread, sink = visitor(world)
    await thread.start(None)
    assert frames(sink) == [{"type": "subscribed", "topic": "chat:web:v1", "seq": 0, "complete": True}]
    world.know(OWN, 2)
    world.live(chat_frame(OWN, 2))
    await until(lambda: numbers(sink) == [2])
    await thread.close()


async def test_the_first_frame_of_another_thread_with_the_same_digits_is_not_theirs():
    world = World()
    thread, sink = visitor(world)
    await thread.start(None)
    other = OWN.model_copy(update={"session_id": "web:other"})
    world.live(chat_frame(other, 2))
    await asyncio.sleep(0)
    assert len(sink.texts) == 1
    assert thread._pauses == []
    await thread.close()


async def test_a_lost_first_frame_is_made_up_for_by_asking(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("services.gateway.use_cases.follow_own_thread._PAUSES", (0.01, 0.01))
    world = World()
    thread, sink = visitor(world)
    await thread.start(None)
    world.know(OWN, 2)
    thread.expect()
    await until(lambda: numbers(sink) == [2])
    thread.expect()
    await thread.close()


INTO = conversation("web:v2", connection_id="conn-web", department="IT")


def merged_frame(sequence: int) -> Frame:
    return chat_frame(OWN, sequence).model_copy(update={"type": MERGED_FRAME})


async def test_a_visitor_goes_on_in_the_conversation_that_theirs_became_part_of():
    world = World()
    world.know(OWN, 5)
    thread, sink = visitor(world)
    await thread.start(None)
    world.know(INTO, 2)
    world.book.found[OWN.session_id] = world.book.found[INTO.id]
    world.live(merged_frame(6))
    await until(lambda: thread.conversation_id == INTO.id)
    await until(lambda: world.hub.position(_room(OWN)) is None)
    world.live(chat_frame(INTO, 3))
    assert [one.get("seq") for one in frames(sink)] == [5, 6, 2, 3]
    assert {one["topic"] for one in frames(sink)} == {"chat:web:v1"}
    await thread.close()
    assert world.hub.position(_room(INTO)) is None


async def test_what_became_of_another_conversation_with_the_same_digits_is_not_theirs():
    world = World()
    world.know(OWN, 5)
    thread, sink = visitor(world)
    await thread.start(None)
    world.live(merged_frame(6).model_copy(update={"type": "agent_message"}))
    assert thread._seeking is None
    world.live(merged_frame(7))
    await until(lambda: not thread._pauses or len(thread._pauses) < 6)
    assert thread.conversation_id == OWN.id
    assert [one["seq"] for one in frames(sink)] == [5, 6, 7]
    await thread.close()


async def test_who_watches_no_longer_may_say_so_twice():
    world = World()
    seen: list[Frame] = []
    world.hub.watch("abcde", seen.append)
    world.hub.unwatch("abcde", print)
    world.hub.unwatch("abcde", seen.append)
    world.hub.unwatch("abcde", seen.append)
    world.hub.receive("room-abcde", b"nobody reads this")
    assert (seen, world.reports) == ([], [])
