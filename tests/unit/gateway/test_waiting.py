"""Preferences, and waiting for what was accepted."""

import pytest

from services.gateway.entrypoints.http_prefer import wait_of
from services.gateway.use_cases.wait_for import wait_for


@pytest.mark.parametrize(
    ("prefer", "seconds", "applied"),
    [
        (None, 10, None),
        ("respond-async", 0, "respond-async"),
        ("Respond-Async, wait=5", 0, "respond-async"),
        ("wait=5", 5, "wait=5"),
        ('return=minimal; wait="7"', 7, "wait=7"),
        ("wait=300", 30, "wait=30"),
        ("wait=-1", 10, None),
        ("wait=1e9", 10, None),
        ("wait", 10, None),
        ("nonsense", 10, None),
    ],
)
def test_a_preference_is_applied_as_far_as_it_is_understood(
    prefer: str | None, seconds: float, applied: str | None
) -> None:
    assert wait_of(prefer) == (seconds, applied)


async def test_it_looks_until_there_is_something() -> None:
    found = iter([None, None, "there"])

    async def look() -> str | None:
        return next(found)

    assert await wait_for(look, 5) == "there"


async def test_it_looks_once_at_least_and_gives_up_in_time() -> None:
    looks = []

    async def look() -> str | None:
        looks.append(1)
        return None

    assert await wait_for(look, 0) is None
    assert len(looks) == 1
