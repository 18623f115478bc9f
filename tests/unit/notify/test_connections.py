"""The team hears what became of a channel connection."""

from typing import Any

from libs.contracts.base import SYSTEM
from libs.contracts.delivery import ConnectionChanged
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.vocabulary import Channel
from services.notify.use_cases.number_frames import NumberFrames
from services.notify.use_cases.tell_about_connection import TellAboutConnection
from tests.unit.notify.build import START
from tests.unit.notify.fakes import InMemoryFrames, ListRealtime


def changed(**parts: Any) -> tuple[ConnectionChanged, Envelope]:
    event = ConnectionChanged(actor=SYSTEM, occurred_at=START, connection_id="conn-1", **parts)
    return event, wrap(event, id="e-1", source="/test", time=START, accountid="acc-1")


async def test_a_broken_connection_is_told_to_the_account_under_a_number():
    realtime = ListRealtime()
    tell = TellAboutConnection(NumberFrames(InMemoryFrames(), realtime, batch=10))
    event, envelope = changed(
        chatbot_id="bot-1", channel=Channel.TELEGRAM, name="Shop", status="error", reason="unauthorized"
    )
    for _ in range(2):
        await tell(event, envelope)
    frames = [one for one in realtime.frames if one.type == "connection:changed"]
    assert {(one.topic, one.seq, one.scope) for one in frames} == {("account:acc-1", 1, "account")}
    assert frames[0].fields == {
        "connection_id": "conn-1",
        "chatbot_id": "bot-1",
        "channel": "telegram",
        "name": "Shop",
        "status": "error",
        "reason": "unauthorized",
        "timestamp": "2026-08-01T12:00:00Z",
    }
    assert not frames[0].audience.visitor


async def test_an_event_of_before_is_told_to_nobody():
    realtime = ListRealtime()
    await TellAboutConnection(NumberFrames(InMemoryFrames(), realtime, batch=10))(*changed())
    assert realtime.frames == []
