from math import inf

import pytest

from services.delivery.domain.pacing import BREAKER_AFTER, BREAKER_PAUSES, Gate, Gates


def gate(rate: float = 1000.0, width: int = 2) -> Gate:
    return Gate(rate=rate, width=width)


def fail_open(one: Gate, moment: float = 0.0) -> None:
    for _ in range(BREAKER_AFTER):
        one.failed(moment)


def test_no_more_than_its_width_enter():
    one = gate(width=2)
    assert [one.enter(0.0) for _ in range(3)] == [True, True, False]
    assert one.wait(0.0) == inf


def test_who_leaves_learns_whether_somebody_waits():
    one = gate(width=1)
    one.enter(0.0)
    assert not one.leave()
    one.enter(0.0)
    one.enter(0.0)
    assert one.leave()
    assert one.enter(0.0)


def test_the_rate_holds_after_a_small_burst():
    one = gate(rate=4.0, width=100)
    assert one.enter(0.0)
    assert not one.enter(0.0)
    assert one.wait(0.0) == pytest.approx(0.25)
    assert one.enter(0.25)


def test_who_keeps_the_place_spends_from_the_same_rate():
    one = gate(rate=4.0)
    one.enter(0.0)
    assert not one.may_go_on(0.0)
    assert one.may_go_on(0.25)
    one.spend()
    assert not one.may_go_on(0.25)


def test_failures_in_a_row_close_it_and_one_goes_ahead_afterwards():
    one = gate(width=2)
    closed = [one.failed(0.0) for _ in range(BREAKER_AFTER)]
    assert closed == [False] * (BREAKER_AFTER - 1) + [True]
    assert one.wait(0.0) == BREAKER_PAUSES[0]
    assert not one.may_go_on(0.0)
    assert one.enter(BREAKER_PAUSES[0])
    assert not one.enter(BREAKER_PAUSES[0])
    one.worked()
    assert one.enter(BREAKER_PAUSES[0])


def test_each_failure_of_the_one_ahead_makes_the_pause_longer():
    one, moment = gate(), 0.0
    fail_open(one)
    for pause in (*BREAKER_PAUSES[1:], BREAKER_PAUSES[-1]):
        moment = one.paused_until
        assert one.failed(moment)
        assert one.paused_until == moment + pause


def test_failures_that_were_under_way_when_it_closed_do_not_count_again():
    one = gate()
    fail_open(one)
    assert not one.failed(1.0)
    assert one.paused_until == BREAKER_PAUSES[0]


def test_a_success_between_failures_keeps_it_open():
    one = gate()
    for _ in range(BREAKER_AFTER * 2):
        one.failed(0.0)
        one.worked()
    assert one.wait(0.0) == 0.0


def test_the_second_too_many_in_a_row_pauses_the_connection():
    one = gate()
    assert not one.limited(0.0, 30.0)
    assert one.wait(0.0) == 0.0
    assert one.limited(0.0, 30.0)
    assert one.wait(0.0) == 30.0
    assert one.limited(1.0, 5.0)
    assert one.wait(1.0) == 29.0


def test_each_connection_has_its_own_gate_and_the_newest_rate():
    gates = Gates(width=1)
    sick, well = gates.of("sick", 10.0), gates.of("well", 10.0)
    fail_open(sick)
    assert gates.closed(0.0) == ["sick"]
    assert well.enter(0.0)
    assert gates.of("well", 20.0) is well
    assert well.rate == 20.0


def test_the_next_opening_is_that_of_a_gate_where_somebody_waits():
    gates = Gates(width=1)
    one = gates.of("one", 10.0)
    fail_open(one)
    assert gates.next_opening(0.0) == inf
    one.enter(0.0)
    assert gates.next_opening(1.0) == BREAKER_PAUSES[0] - 1.0
    gates.closed(BREAKER_PAUSES[0])
    assert not one.starved


def test_idle_gates_make_room_for_new_ones():
    gates = Gates(width=1, most=2)
    busy = gates.of("busy", 1.0)
    busy.enter(0.0)
    gates.of("idle", 1.0)
    gates.of("new", 1.0)
    assert gates.of("busy", 1.0) is busy
    assert gates.closed(0.0) == ["busy"]
