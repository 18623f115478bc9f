import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.runtime.recent import Recent


class Clock:
    def __init__(self) -> None:
        self.moment = 0.0

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_what_was_kept_is_found_and_the_newest_value_counts(clock: Clock) -> None:
    recent: Recent[str, int] = Recent(10, 60, clock)
    assert recent.get("a") is None
    recent.put("a", 1)
    recent.put("a", 2)
    assert recent.get("a") == 2


def test_what_is_used_outlives_what_is_not(clock: Clock) -> None:
    recent: Recent[str, int] = Recent(4, 60, clock)
    recent.put("used", 0)
    for number in range(20):
        recent.put(f"passing {number}", number)
        assert recent.get("used") == 0
    assert recent.get("passing 0") is None


@pytest.mark.parametrize(("pause", "left"), [(59.0, 1), (61.0, 1), (121.0, None)])
def test_what_nobody_asks_for_is_forgotten_in_time(clock: Clock, pause: float, left: int | None) -> None:
    recent: Recent[str, int] = Recent(10, 60, clock)
    recent.put("a", 1)
    clock.moment += pause
    assert recent.get("a") == left


def test_an_older_value_is_not_found_again_behind_a_newer_one(clock: Clock) -> None:
    recent: Recent[str, int] = Recent(10, 60, clock)
    recent.put("a", 1)
    clock.moment += 61
    recent.put("a", 2)
    clock.moment += 61
    assert recent.get("a") == 2
    assert len(recent) == 1


@given(most=st.integers(1, 9), steps=st.lists(st.tuples(st.integers(0, 20), st.floats(0, 50))))
def test_it_never_holds_more_than_it_may_nor_anything_wrong(
    most: int, steps: list[tuple[int, float]]
) -> None:
    clock = Clock()
    recent: Recent[int, str] = Recent(most, 60, clock)
    for key, pause in steps:
        clock.moment += pause
        assert recent.get(key) in {None, str(key)}
        recent.put(key, str(key))
        assert recent.get(key) == str(key)
        assert len(recent) <= max(2, most)
