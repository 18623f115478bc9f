from dataclasses import replace

import pytest

from libs.contracts.errors import PermanentError, TransientError
from libs.contracts.vocabulary import Channel, Direction
from services.delivery.domain.connection import Connection, ConnectionStatus
from services.delivery.domain.outcomes import Outcome, Refused, Retry, Sent, Unclear
from services.delivery.domain.reply import LEASE, Reply, ReplyState
from services.delivery.domain.verdict import Released
from services.delivery.use_cases.ports import Progress
from tests.unit.delivery.build import claim, connection, new_conversation, outcome_of, reply
from tests.unit.delivery.stage import Stage


async def test_an_outbound_message_is_sent_and_told():
    stage = Stage()
    conversation = new_conversation()
    message = await stage.record(conversation, content="Hi", sequence=4)
    await stage.settle()
    assert stage.state(message) is ReplyState.SENT
    [event] = stage.ledger.events
    assert (event.type, event.subject, event.accountid) == (
        "delivery.reply_sent.v1",
        conversation,
        "acc-1",
    )
    assert event.data["external_ids"] == ["id-1"]
    assert event.causationid == event.correlationid
    assert stage.tally.counts["telegram", "sent"] == 1


@pytest.mark.parametrize("options", [{"direction": Direction.INBOUND}, {"channel": Channel.WIDGET}])
async def test_what_is_not_to_be_sent_here_costs_no_store_work(options: dict[str, object]):
    stage = Stage()
    stage.ledger.faults.before["add"] = stage.connections.faults.before["find"] = 99
    await stage.record(new_conversation(), **options)
    assert stage.ledger.rows == {}


async def test_a_conversation_id_that_is_none_is_refused():
    with pytest.raises(PermanentError):
        await Stage().record("nonsense")


async def test_a_repeated_event_sends_once():
    stage = Stage()
    conversation = new_conversation()
    for _ in range(3):
        await stage.record(conversation, message_id="m-1")
    await stage.settle()
    await stage.record(conversation, message_id="m-1")
    await stage.settle()
    assert len(stage.channel.sent) == 1


async def test_messages_of_a_conversation_go_one_after_the_other():
    stage = Stage()
    conversation = new_conversation()
    messages = [await stage.record(conversation, sequence=number) for number in range(1, 6)]
    await stage.settle()
    assert [row.message_id for row in stage.channel.sent] == messages


async def test_a_retry_holds_back_its_own_conversation_only():
    stage = Stage(Retry("platform_error"))
    one, other = new_conversation(), new_conversation()
    first = await stage.record(one, sequence=1)
    await stage.settle()
    second = await stage.record(one, sequence=2)
    third = await stage.record(other)
    await stage.settle()
    assert [stage.state(each) for each in (first, second, third)] == ["pending", "pending", "sent"]
    await stage.look_after(0.5)
    assert stage.state(first) is ReplyState.PENDING
    await stage.look_after(0.5)
    assert [row.message_id for row in stage.channel.sent] == [first, third, first, second]
    assert stage.state(second) is ReplyState.SENT


async def test_three_attempts_and_no_more():
    stage = Stage(*[Retry("platform_error")] * 3)
    message = await stage.record(new_conversation())
    await stage.settle()
    for _ in range(3):
        await stage.look_after(10)
    assert len(stage.channel.sent) == 3
    assert stage.state(message) is ReplyState.FAILED
    [event] = stage.ledger.events
    assert (event.type, event.data["code"], event.data["attempts"]) == (
        "delivery.reply_failed.v1",
        "platform_error",
        3,
    )
    assert stage.tally.counts["telegram", "postponed"] == 2


async def test_a_permanent_refusal_fails_at_once_and_lets_the_next_go():
    stage = Stage(Refused("recipient_unreachable", "blocked"))
    conversation = new_conversation()
    first = await stage.record(conversation, sequence=1)
    second = await stage.record(conversation, sequence=2)
    await stage.settle()
    assert (stage.state(first), stage.state(second)) == ("failed", "sent")
    assert "message not sent" in stage.log.events("warning")


async def test_a_lost_answer_is_unknown_and_not_sent_twice():
    stage = Stage(Unclear("no answer in time"))
    message = await stage.record(new_conversation())
    await stage.settle()
    await stage.look_after(3600)
    assert len(stage.channel.sent) == 1
    assert stage.state(message) is ReplyState.UNKNOWN
    assert stage.event_types() == ["delivery.reply_unknown.v1"]


async def test_a_crash_while_sending_is_unknown_after_the_lease():
    crashed = Stage()
    row = reply()
    await crashed.ledger.add(row, claim())
    other = Stage(ledger=crashed.ledger, clock=crashed.clock)
    assert await other.look_after(LEASE.total_seconds() - 1) == 0
    assert await other.look_after(1) == 1
    assert other.state(row.message_id) is ReplyState.UNKNOWN
    assert other.channel.sent == []
    assert other.log.events("warning") == ["outcome unknown"]
    assert await other.look_after(1) == 0


async def test_two_who_see_a_lapsed_row_record_it_once():
    stage = Stage()
    row = (await stage.ledger.add(reply(), claim())).reply
    given_up = Released(ReplyState.UNKNOWN)
    await stage.ledger.release(
        row, given_up, outcome_of(row, given_up), moment=stage.clock.now(), following=None
    )
    assert not await stage.dispatcher._give_up(row)
    assert len(stage.ledger.events) == 1


@pytest.mark.parametrize(
    "present",
    [
        (connection(id="another"),),
        (connection(status=ConnectionStatus.DISCONNECTED),),
        (connection(status=ConnectionStatus.ERROR),),
        (connection(account_id="acc-2"),),
    ],
    ids=["missing", "disconnected", "broken", "of another account"],
)
async def test_a_channel_that_is_not_connected_fails_without_retry(present: tuple[Connection, ...]):
    stage = Stage(connections=present)
    message = await stage.record(new_conversation())
    await stage.settle()
    assert stage.channel.sent == []
    assert stage.state(message) is ReplyState.FAILED
    assert stage.ledger.events[0].data["code"] == "channel_not_connected"
    assert "channel not connected" in stage.log.events("warning")


async def test_unknown_credentials_break_the_connection_off():
    stage = Stage(Refused("unauthorized", disconnects=True))
    first = await stage.record(new_conversation())
    await stage.settle()
    second = await stage.record(new_conversation())
    await stage.settle()
    assert (stage.state(first), stage.state(second)) == ("failed", "failed")
    assert len(stage.channel.sent) == 1
    stored = stage.connections.stored["conn-1"]
    assert (stored.status, stored.reason) == ("error", "unauthorized")
    assert [event.type for event in stage.connections.events] == ["delivery.connection_changed.v1"]


async def test_credentials_replaced_meanwhile_are_tried_before_giving_up():
    async def replaced(reply: Reply, used: Connection, progress: Progress) -> Outcome:
        stage.connections.stored["conn-1"] = connection(version="v2")
        return Refused("unauthorized", disconnects=True)

    stage = Stage(replaced)
    message = await stage.record(new_conversation())
    await stage.settle()
    assert stage.state(message) is ReplyState.PENDING
    await stage.look_after(1)
    assert stage.state(message) is ReplyState.SENT
    assert stage.connections.stored["conn-1"].usable


async def test_a_retry_goes_on_after_the_last_accepted_part():
    async def breaks(reply: Reply, used: Connection, progress: Progress) -> Outcome:
        await progress(("1",))
        await progress(("1", "2"))
        return Retry("platform_error")

    stage = Stage(breaks, Sent(("1", "2", "3")))
    message = await stage.record(new_conversation())
    await stage.settle()
    await stage.look_after(1)
    assert stage.channel.sent[1].provider_ids == ("1", "2")
    assert stage.ledger.rows[message].provider_ids == ("1", "2", "3")


async def test_a_worker_that_lost_its_claim_stops_and_records_nothing():
    async def slow(row: Reply, used: Connection, progress: Progress) -> Outcome:
        stage.ledger.rows[row.message_id] = replace(stage.ledger.rows[row.message_id], claim_id="another")
        await progress(("1",))
        raise AssertionError("went on without its claim")

    stage = Stage(slow)
    await stage.record(new_conversation())
    await stage.settle()
    assert stage.ledger.events == []
    assert "claim lost while sending" in stage.log.events("warning")


@pytest.mark.parametrize(
    ("outcome", "line"),
    [(Sent(("1",)), "outcome came too late"), (Retry("x"), "claim lost before postponing")],
)
async def test_outcomes_that_come_too_late_are_not_recorded(outcome: Outcome, line: str):
    async def late(row: Reply, used: Connection, progress: Progress) -> Outcome:
        stage.ledger.rows[row.message_id] = replace(stage.ledger.rows[row.message_id], claim_id="another")
        return outcome

    stage = Stage(late)
    await stage.record(new_conversation())
    await stage.settle()
    assert stage.ledger.events == []
    assert line in stage.log.events("warning")


async def test_a_fault_of_ours_in_a_channel_is_an_unknown_outcome():
    async def broken(row: Reply, used: Connection, progress: Progress) -> Outcome:
        raise RuntimeError("boom")

    stage = Stage(broken)
    message = await stage.record(new_conversation())
    await stage.settle()
    assert stage.state(message) is ReplyState.UNKNOWN
    assert stage.log.events("error") == ["channel adapter failed"]


async def test_a_process_that_was_held_up_does_not_send_on_an_old_claim():
    stage = Stage()
    row = (await stage.ledger.add(reply(), claim(stage.clock.now()))).reply
    stage.clock.pass_(LEASE.total_seconds() / 2 + 1)
    gate = await stage.dispatcher.gate_of(row.connection_id)
    stage.dispatcher.enter(gate)
    stage.dispatcher.launch(row, gate)
    await stage.settle()
    assert stage.channel.sent == []
    assert (stage.state(row.message_id), stage.ledger.rows[row.message_id].attempts) == ("pending", 0)
    await stage.look_after(0)
    assert stage.state(row.message_id) is ReplyState.SENT


async def test_an_outcome_is_recorded_once_the_store_is_back():
    stage = Stage()
    stage.ledger.faults.before["release"] = 8
    message = await stage.record(new_conversation())
    await stage.settle()
    assert stage.state(message) is ReplyState.SENT
    assert len(stage.channel.sent) == 1


async def test_a_release_whose_answer_was_lost_goes_on_with_the_line():
    stage = Stage()
    stage.ledger.faults.after["release"] = 1
    conversation = new_conversation()
    messages = [await stage.record(conversation, sequence=number) for number in (1, 2)]
    await stage.settle()
    assert [row.message_id for row in stage.channel.sent] == messages
    assert stage.event_types() == ["delivery.reply_sent.v1"] * 2


async def test_a_row_whose_writing_was_not_answered_is_sent_by_the_repeat():
    stage = Stage()
    stage.ledger.faults.after["add"] = 1
    conversation = new_conversation()
    with pytest.raises(TransientError):
        await stage.record(conversation, message_id="m-1")
    assert stage.channel.sent == []
    await stage.record(conversation, message_id="m-1")
    await stage.settle()
    assert stage.state("m-1") is ReplyState.SENT
    assert len(stage.channel.sent) == 1


async def test_a_connection_that_cannot_be_looked_up_does_not_cost_an_attempt():
    stage = Stage()
    row = (await stage.ledger.add(reply(), claim(stage.clock.now()))).reply
    gate = await stage.dispatcher.gate_of(row.connection_id)
    stage.dispatcher.enter(gate)
    stage.connections.faults.before["find"] = 1
    stage.dispatcher.launch(row, gate)
    await stage.settle()
    assert stage.ledger.rows[row.message_id].attempts == 0
    await stage.look_after(1)
    assert stage.state(row.message_id) is ReplyState.SENT
