from collections.abc import Sequence
from datetime import timedelta

from libs.runtime.clock import now
from services.gateway.domain.ended_sessions import EndedSessions
from services.gateway.use_cases.end_sessions import EndSessions


async def test_what_ends_is_told_and_nothing_is_told_to_nobody():
    told: list[Sequence[str]] = []

    async def announce(session_ids: Sequence[str]) -> None:
        told.append(session_ids)

    end = EndSessions(EndedSessions(timedelta(minutes=15), now), announce)
    await end([])
    assert told == []
    await end(["one"])
    assert told == [["one"]]
