"""Ids, clock, traces, expiry and routing: the small parts that everything stands on."""

from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from libs.contracts.errors import DomainError, ErrorCode, PermanentError
from libs.contracts.frames import Frame
from libs.runtime import telemetry
from libs.runtime.clock import now
from libs.runtime.http_client import http_client
from libs.runtime.ids import derived_id, new_id
from libs.runtime.middlewares import traceparent_of
from libs.runtime.realtime import room_of
from libs.runtime.received import Received, check_expiry, handle
from tests.integration.runtime.messages import Ask, Step, step


def test_ids_sort_by_the_time_they_were_made():
    ids = [new_id() for _ in range(100)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 100


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_derived_ids_are_the_same_for_the_same_parts_alone(one: list[str], other: list[str]):
    assert (derived_id(*one) == derived_id(*other)) is (one == other)


def test_now_is_what_the_store_keeps_of_it():
    moment = now()
    assert moment.tzinfo is UTC
    assert moment.microsecond % 1000 == 0


async def test_the_http_client_follows_no_redirects_and_has_limits():
    async with http_client(timeout=2.0) as client:
        assert client.follow_redirects is False
        assert (client.timeout.read, client.timeout.connect) == (2.0, 5.0)


def test_a_command_past_its_time_is_refused():
    late = step(expiresat=now() - timedelta(milliseconds=1))
    with pytest.raises(DomainError) as caught:
        check_expiry(late, now())
    assert caught.value.code == ErrorCode.EXPIRED
    check_expiry(step(), now())
    check_expiry(step(expiresat=now() + timedelta(seconds=5)), now())


async def test_a_message_without_a_route_is_a_permanent_error():
    envelope = step()

    async def never(_: Received[Any]) -> None:
        raise AssertionError

    with pytest.raises(PermanentError, match="no handler"):
        await handle({Ask: never}, Received(envelope, envelope.message()))
    with pytest.raises(AssertionError):
        await handle({Step: never}, Received(envelope, envelope.message()))


def test_the_trace_is_read_from_the_envelope_without_decoding_it():
    parent = f"00-{1:032x}-{2:016x}-01"
    assert traceparent_of(step(traceparent=parent).encode()) == parent
    assert traceparent_of(step().encode()) is None
    assert traceparent_of(step(key='"traceparent":"00-forged', traceparent=parent).encode()) == parent
    assert traceparent_of(b"nonsense") is None


def test_a_span_continues_the_trace_it_is_given(monkeypatch: pytest.MonkeyPatch):
    provider = TracerProvider(sampler=ALWAYS_ON, shutdown_on_exit=False)
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("test"))
    assert telemetry.current_traceparent() is None
    assert telemetry.current_trace_id() is None
    with telemetry.span("outer") as outer:
        inside = telemetry.current_traceparent()
        assert inside is not None
        assert telemetry.current_trace_id() == f"{outer.get_span_context().trace_id:032x}"
    with telemetry.span("elsewhere", parent=inside):
        again = telemetry.current_traceparent()
        assert again is not None
        assert again.split("-")[1] == inside.split("-")[1]
        assert again.split("-")[2] != inside.split("-")[2]
    with telemetry.span("unreadable", parent="nonsense"):
        assert telemetry.current_traceparent() is not None


def test_a_frame_goes_to_the_room_of_its_scope():
    frame = Frame(
        scope="account", account_id="acc", conversation_id="c1", connection_id="x", topic="t", type="handoff"
    )
    assert room_of(frame) == "a.acc"
    assert room_of(frame.model_copy(update={"scope": "conversation"})) == "c.acc.c1"
