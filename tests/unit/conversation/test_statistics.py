from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.errors import DomainError
from libs.contracts.statistics import GetStatistics, Statistics
from services.conversation.domain.counting import class_of
from services.conversation.domain.statistics import SLOT, parts_of, statistics_of, weeks_of, whole_slots
from services.conversation.use_cases.get_statistics import GetStatisticsOfAccount
from tests.unit.conversation.making import call, person

ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Kiritimati", "America/New_York"]
SOMETIME = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(SOMETIME, st.timedeltas(SLOT, timedelta(days=400)), st.sampled_from(ZONES))
def test_weeks_cover_the_range_without_gap_and_begin_on_monday(begin: datetime, length: timedelta, name: str):
    begin, end = whole_slots(begin, begin + length)
    zone = ZoneInfo(name)
    weeks = list(weeks_of(begin, end, zone))
    assert weeks[0][1] == begin
    assert weeks[-1][2] == end
    for (monday, starts, ends), (_, following, _) in zip(weeks, [*weeks[1:], weeks[-1]], strict=True):
        assert monday.weekday() == 0
        assert starts < ends
        assert (starts - starts.replace(hour=0, minute=0)) % SLOT == timedelta()
        assert ends in {following, end}
        assert monday <= starts.astimezone(zone).date() < monday + timedelta(days=7)


@given(SOMETIME, st.integers(0, 9_000))
def test_a_range_is_made_of_whole_stretches_without_gap(begin: datetime, slots: int):
    begin, _ = whole_slots(begin, begin + SLOT)
    end = begin + slots * SLOT
    parts = parts_of(begin, end)
    at = begin
    for _, starts, ends in parts:
        assert starts == at < ends
        at = ends
    assert at == end
    assert len(parts) <= 5
    hours = [(starts, ends) for size, starts, ends in parts if size != "slot"]
    assert all(time.minute == 0 for pair in hours for time in pair)


def test_the_week_in_which_the_clocks_change_has_an_hour_less():
    zone = ZoneInfo("Europe/Berlin")
    begin, end = datetime(2026, 3, 22, 23, tzinfo=UTC), datetime(2026, 4, 5, 22, tzinfo=UTC)
    lengths = [ends - starts for _, starts, ends in weeks_of(begin, end, zone)]
    assert lengths == [timedelta(days=7, hours=-1), timedelta(days=7)]


def test_nothing_counted_is_no_rate():
    nothing = statistics_of({})
    assert (nothing.sent, nothing.response_rate, nothing.first_response_seconds.median) == (0, None, None)
    assert (nothing.ai.mean_confidence, nothing.delivery.delivered_rate) == (None, None)


def test_rates_and_times():
    counts: dict[str, float] = {
        "turns": 4,
        "turns_answered": 3,
        "suggestions": 4,
        "approved": 2,
        "edited": 1,
        "confidence": 3.0,
        "settled": 2,
        "bot_settled": 1,
        "begun": 5,
        "handoffs": 1,
        "delivery_sent": 8,
        "delivery_delivered": 4,
        "delivery_failed": 2,
        f"response_{class_of(10)}": 6,
        f"response_{class_of(1000)}": 4,
        f"resolution_{class_of(60)}": 1,
    }
    found = statistics_of(counts)
    assert found.response_rate == 0.75
    assert (found.ai.approval_rate, found.ai.edit_rate, found.ai.rejection_rate) == (0.5, 0.25, 0.0)
    assert (found.ai.mean_confidence, found.ai.bot_resolved_rate, found.ai.handoff_rate) == (0.75, 0.5, 0.2)
    assert (found.delivery.delivered_rate, found.delivery.failed_rate) == (0.5, 0.2)
    assert found.first_response_seconds.median == pytest.approx(10, rel=0.026)
    assert found.first_response_seconds.p90 == pytest.approx(1000, rel=0.026)
    assert found.resolution_seconds.median == found.resolution_seconds.p90 == pytest.approx(60, rel=0.026)


class Tallied:
    """A thing counted in each range."""

    def __init__(self) -> None:
        self.ranges: Sequence[tuple[datetime, datetime]] = ()

    async def between(self, _: str, ranges: Sequence[tuple[datetime, datetime]]) -> list[dict[str, float]]:
        self.ranges = ranges
        return [{"sent": 1, "confidence": 0.5} for _ in ranges]

    async def by_status(self, _: str) -> dict[str, int]:
        return {"active": 3}


async def asked(tallies: Tallied | None = None, **parts: Any) -> Statistics:
    given_parts: dict[str, Any] = {
        "person": person("ana", "IT"),
        "begin": datetime(2026, 11, 1, 0, 7, tzinfo=UTC),
        "end": datetime(2026, 11, 15, 0, 7, tzinfo=UTC),
    }
    return await GetStatisticsOfAccount(tallies or Tallied())(GetStatistics(**given_parts | parts), call())


async def test_weeks_and_their_total():
    tallies = Tallied()
    found = await asked(tallies, tz="Asia/Kolkata")
    assert found.by_status == {"active": 3}
    assert [week.week.isoformat() for week in found.weeks] == ["2026-10-26", "2026-11-02", "2026-11-09"]
    assert found.total.sent == 3
    assert tallies.ranges[0] == (
        datetime(2026, 11, 1, 0, 0, tzinfo=UTC),
        datetime(2026, 11, 1, 18, 30, tzinfo=UTC),
    )
    assert found.end == datetime(2026, 11, 15, 0, 15, tzinfo=UTC)
    exact = await asked(begin=datetime(2026, 11, 2, tzinfo=UTC), end=datetime(2026, 11, 9, tzinfo=UTC))
    assert (len(exact.weeks), exact.end) == (1, datetime(2026, 11, 9, tzinfo=UTC))


@pytest.mark.parametrize(
    "parts",
    [
        {"tz": "Mars/Olympus"},
        {"tz": "../etc/passwd"},
        {"end": datetime(2026, 10, 1, tzinfo=UTC)},
        {"begin": datetime(2020, 10, 1, tzinfo=UTC)},
        {"begin": datetime(2026, 11, 1)},  # noqa: DTZ001 - what is refused
        {"begin": datetime(1, 1, 1, tzinfo=UTC)},
    ],
)
async def test_ranges_and_zones_that_make_no_sense_are_invalid(parts: dict[str, Any]):
    with pytest.raises(DomainError) as refused:
        await asked(**parts)
    assert refused.value.code == "invalid"


async def test_statistics_are_not_for_users():
    with pytest.raises(DomainError) as refused:
        await asked(person=person("uma", role="user"))
    assert refused.value.code == "forbidden"
