import asyncio

import pytest

from libs.contracts.errors import TransientError
from services.delivery.domain.connection import Connection
from services.delivery.domain.outcomes import Outcome, Retry, Sent
from services.delivery.domain.pacing import BREAKER_AFTER, BREAKER_PAUSES, Gate
from services.delivery.domain.reply import Reply, ReplyState
from services.delivery.use_cases.ports import Progress
from tests.unit.delivery.build import claim, connection, new_conversation, reply
from tests.unit.delivery.fakes import away
from tests.unit.delivery.stage import Stage


class Held:
    """A platform that answers when told."""

    def __init__(self) -> None:
        self.answer = asyncio.Event()
        self.under_way = 0
        self.most = 0

    async def __call__(self, row: Reply, _: Connection, __: Progress) -> Outcome:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.answer.wait()
        self.under_way -= 1
        return Sent((row.message_id,))


async def sent(stage: Stage, row: Reply) -> None:
    async with asyncio.timeout(5):
        while stage.state(row.message_id) is not ReplyState.SENT:  # noqa: ASYNC110 - a fake has no event
            await asyncio.sleep(0.01)


async def turns(number: int = 20) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_no_more_than_its_width_are_under_way_on_one_connection():
    held = Held()
    stage = Stage(*[held] * 5, width=2)
    messages = [await stage.record(new_conversation()) for _ in range(5)]
    await turns()
    assert held.under_way == 2
    await stage.dispatcher.look()
    held.answer.set()
    await stage.settle()
    while await stage.look_after(0.1):
        pass
    assert held.most == 2
    assert {stage.state(each) for each in messages} == {ReplyState.SENT}


async def test_one_process_sends_a_bounded_number():
    held = Held()
    stage = Stage(*[held] * 3, most=2)
    for _ in range(3):
        await stage.record(new_conversation())
    await turns()
    assert held.under_way == 2
    assert await stage.dispatcher.look() == 0
    held.answer.set()
    await stage.settle()
    assert await stage.look_after(0) == 1


async def test_a_sick_connection_holds_back_only_itself():
    sick, well = connection(), connection(id="conn-2")
    stage = Stage(*[Retry("unreachable")] * BREAKER_AFTER, connections=(sick, well))
    for _ in range(BREAKER_AFTER + 3):
        await stage.record(new_conversation())
        await stage.settle()
    assert len(stage.channel.sent) == BREAKER_AFTER
    assert "connection paused" in stage.log.events("warning")
    message = await stage.record(new_conversation(), connection_id="conn-2")
    await stage.settle()
    assert stage.state(message) is ReplyState.SENT
    await stage.look_after(BREAKER_PAUSES[0] - 1)
    assert len(stage.channel.sent) == BREAKER_AFTER + 1
    await stage.look_after(1)
    await stage.look_after(0)
    assert set(map(stage.state, stage.ledger.rows)) == {ReplyState.SENT}


async def test_too_many_in_one_chat_holds_back_that_chat_only():
    stage = Stage(Retry("rate_limited", after=30, rate_limited=True))
    limited = await stage.record(new_conversation())
    await stage.settle()
    free = await stage.record(new_conversation())
    await stage.settle()
    assert (stage.state(limited), stage.state(free)) == ("pending", "sent")
    await stage.look_after(29)
    assert stage.state(limited) is ReplyState.PENDING
    await stage.look_after(1)
    assert stage.state(limited) is ReplyState.SENT


async def test_too_many_again_and_again_pauses_the_connection():
    stage = Stage(*[Retry("rate_limited", after=30, rate_limited=True)] * 2)
    for _ in range(2):
        await stage.record(new_conversation())
        await stage.settle()
    await stage.record(new_conversation())
    await stage.look_after(29)
    assert len(stage.channel.sent) == 2
    await stage.look_after(1)
    assert set(map(stage.state, stage.ledger.rows)) == {ReplyState.SENT}


async def test_the_rate_of_a_connection_is_kept_also_along_a_line():
    stage = Stage(connections=(connection(settings={"rate_per_second": 4}),))
    conversation = new_conversation()
    for number in range(1, 4):
        await stage.record(conversation, sequence=number)
    await stage.settle()
    assert len(stage.channel.sent) == 1
    await stage.look_after(0)
    assert len(stage.channel.sent) == 1
    await stage.look_after(0.25)
    assert len(stage.channel.sent) == 2


async def test_replicas_share_a_connection_s_rate():
    stage = Stage(connections=(connection(settings={"rate_per_second": 30}),), replicas=lambda: 3)
    assert (await stage.dispatcher.gate_of("conn-1")).rate == 10.0
    assert (await stage.dispatcher.gate_of("missing")).rate == 10.0


async def test_a_backlog_of_one_connection_does_not_hide_the_others():
    stage = Stage(connections=(connection(), connection(id="conn-2")), width=1, batch=3)
    for _ in range(9):
        await stage.ledger.add(reply(), None)
    other = reply(connection_id="conn-2")
    await stage.ledger.add(other, None)
    await stage.look_after(0)
    assert stage.state(other.message_id) is ReplyState.SENT


async def test_two_replicas_never_send_the_same_message():
    one = Stage()
    other = Stage(ledger=one.ledger, clock=one.clock)
    for _ in range(30):
        await one.ledger.add(reply(), None)
    while await asyncio.gather(one.look_after(0), other.look_after(0)) != [0, 0]:
        pass
    sent = [row.message_id for stage in (one, other) for row in stage.channel.sent]
    assert sorted(sent) == sorted(one.ledger.rows)


async def test_a_claim_whose_answer_was_lost_is_found_again():
    stage = Stage()
    row = reply()
    await stage.ledger.add(row, None)
    stage.ledger.faults.after["claim"] = 1
    await stage.look_after(0)
    assert stage.state(row.message_id) is ReplyState.SENT
    assert stage.ledger.rows[row.message_id].attempts == 1


async def test_a_claim_that_somebody_else_has_gives_the_place_back():
    stage = Stage(width=1)
    row = reply()
    await stage.ledger.add(row, None)
    [seen] = await stage.ledger.due(stage.clock.now(), but_not=(), limit=1)
    await stage.ledger.claim(row.message_id, claim(stage.clock.now()), stage.clock.now())
    assert not await stage.dispatcher._take(seen)
    assert (await stage.dispatcher.gate_of("conn-1")).in_flight == 0


async def test_it_looks_when_woken_and_each_second_and_survives_the_store_being_away():
    stage = Stage()
    stage.ledger.faults.before["due"] = 1
    running = asyncio.create_task(stage.dispatcher.run())
    try:
        await turns()
        assert stage.log.events("warning") == ["ledger not looked at"]
        row = reply()
        await stage.ledger.add(row, None)
        stage.dispatcher.wake()
        await sent(stage, row)
        late = reply()
        await stage.ledger.add(late, None)
        await sent(stage, late)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_draining_finishes_what_is_under_way_and_starts_nothing_new():
    held = Held()
    stage = Stage(held)
    under_way = await stage.record(new_conversation())
    await turns()
    draining = asyncio.create_task(stage.dispatcher.drain())
    await turns()
    late = await stage.record(new_conversation())
    assert not draining.done()
    held.answer.set()
    await draining
    assert await stage.dispatcher.look() == 0
    assert (stage.state(under_way), stage.state(late)) == ("sent", "pending")


async def test_a_fault_of_ours_while_recording_leaves_the_row_to_its_lease():
    async def broken(row: Reply, gate: Gate) -> Reply | None:
        raise RuntimeError("boom")

    stage = Stage()
    stage.dispatcher._send = broken
    await stage.record(new_conversation())
    await stage.settle()
    assert stage.log.events("error") == ["sending failed"]
    assert (await stage.dispatcher.gate_of("conn-1")).in_flight == 0


async def test_a_gate_that_cannot_be_looked_up_leaves_the_message_with_the_broker():
    stage = Stage()
    stage.connections.faults.before["find"] = 1
    with pytest.raises(TransientError):
        await stage.record(new_conversation())
    assert stage.ledger.rows == {}


@pytest.mark.parametrize(("fault", "level"), [(away(), "warning"), (RuntimeError("boom"), "error")])
async def test_a_row_that_cannot_be_taken_does_not_keep_others_back(fault: Exception, level: str):
    stage = Stage(connections=(connection(), connection(id="conn-2")))
    stuck, free = reply(), reply(connection_id="conn-2")
    for row in (stuck, free):
        await stage.ledger.add(row, None)
    find = stage.connections.find

    async def fails_for_one(connection_id: str) -> Connection | None:
        if connection_id == "conn-1":
            raise fault
        return await find(connection_id)

    stage.connections.find = fails_for_one
    await stage.look_after(0)
    assert (stage.state(stuck.message_id), stage.state(free.message_id)) == ("pending", "sent")
    assert set(stage.log.events(level)) == {"row not taken"}
