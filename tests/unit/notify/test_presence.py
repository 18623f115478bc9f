"""Presence on the account's topic."""

from libs.contracts.base import SYSTEM
from libs.contracts.presence import Presence, PresenceChanged, PresenceView
from services.notify.use_cases.number_frames import NumberFrames
from services.notify.use_cases.tell_about_presence import TellAboutPresence
from tests.unit.notify.build import START
from tests.unit.notify.fakes import InMemoryFrames, ListRealtime


async def test_the_team_hears_it_in_a_numbered_frame() -> None:
    realtime = ListRealtime()
    tell = TellAboutPresence(NumberFrames(InMemoryFrames(), realtime, batch=10))
    view = PresenceView(person_id="ana", name="Ana", state=Presence.AWAY)
    event = PresenceChanged(actor=SYSTEM, occurred_at=START, account_id="acc-1", presence=view)
    await tell(event, "e1")
    await tell(event, "e1")
    assert {frame.seq for frame in realtime.frames} == {1}
    assert realtime.frames[0].payload() == {
        "type": "presence",
        "topic": "account:acc-1",
        "seq": 1,
        "person_id": "ana",
        "name": "Ana",
        "state": "away",
        "timestamp": "2026-08-01T12:00:00Z",
    }
