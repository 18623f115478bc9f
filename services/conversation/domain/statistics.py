"""Statistics from what was counted: the weeks of a time zone, rates, and times."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.statistics import (
    AIStatistics,
    DeliveryStatistics,
    PeriodStatistics,
    Times,
)
from services.conversation.domain.counting import middle_of

#: What is counted together: every border of every time zone's days is one of these.
SLOT = timedelta(minutes=15)
#: How long a time is counted together, the longest first: a year is read as whole days, but for the edges.
SIZES = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("slot", SLOT))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST = timedelta(days=2 * 366)
#: Years that are asked for: every calendar has a week before and after them.
YEARS = range(2000, 9000)


def zone_of(name: str) -> ZoneInfo:
    """Raises DomainError `invalid` for a zone that does not exist."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise DomainError(ErrorCode.INVALID, "there is no such time zone") from error


def whole_slots(begin: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The range in UTC, widened to whole slots. Raises DomainError `invalid` for one that is empty or too
    long.
    """
    if begin.year not in YEARS or end.year not in YEARS or begin.tzinfo is None or end.tzinfo is None:
        raise DomainError(ErrorCode.INVALID, "times have an offset, and a year there are statistics of")
    begin, end = begin.astimezone(UTC), end.astimezone(UTC)
    if not timedelta() < end - begin <= LONGEST:
        raise DomainError(ErrorCode.INVALID, f"ask for more than nothing and at most {LONGEST.days} days")
    down = slot_of(end)
    return slot_of(begin), down if down == end else down + SLOT


def slot_of(moment: datetime) -> datetime:
    """The beginning of the slot that a moment is in."""
    return floor(moment.astimezone(UTC), SLOT)


def floor(moment: datetime, length: timedelta) -> datetime:
    """The beginning of the stretch of this length, in UTC, that a moment is in."""
    return moment - (moment - _EPOCH) % length


def parts_of(
    begin: datetime, end: datetime, sizes: tuple[tuple[str, timedelta], ...] = SIZES
) -> list[tuple[str, datetime, datetime]]:
    """A range that begins and ends with a slot, as few stretches of the longest sizes that fit."""
    (name, length), *finer = sizes
    first, last = floor(begin + length - SLOT, length), floor(end, length)
    if first >= last:
        return parts_of(begin, end, tuple(finer)) if finer and begin < end else []
    edges = tuple(finer)
    before, after = (parts_of(begin, first, edges), parts_of(last, end, edges)) if edges else ([], [])
    return [*before, (name, first, last), *after]


def weeks_of(begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[date, datetime, datetime]]:
    """Each week's Monday, and its beginning and end in UTC, cut to the range."""
    local = begin.astimezone(zone)
    monday = local.date() - timedelta(days=local.weekday())
    while True:
        following = monday + timedelta(days=7)
        starts, ends = _midnight(monday, zone), _midnight(following, zone)
        if starts >= end:
            return
        yield monday, max(starts, begin), min(ends, end)
        monday = following


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins; a midnight that the clocks skip is the first moment after."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def statistics_of(counts: Mapping[str, float]) -> PeriodStatistics:
    """A stretch of time from what was counted in it."""

    def amount(name: str) -> float:
        return counts.get(name, 0.0)

    def number(name: str) -> int:
        return max(0, round(amount(name)))

    def share(name: str, of: float) -> float | None:
        return min(1.0, max(0.0, amount(name) / of)) if of > 0 else None

    suggestions, settled = amount("suggestions"), amount("settled")
    accepted = amount("delivery_sent")
    ended = accepted + amount("delivery_failed")
    return PeriodStatistics(
        started=number("started"),
        settled=number("settled"),
        sent=number("sent"),
        received=number("received"),
        response_rate=share("turns_answered", amount("turns")),
        first_response_seconds=_times(counts, "response_"),
        resolution_seconds=_times(counts, "resolution_"),
        ai=AIStatistics(
            suggestions=number("suggestions"),
            approved=number("approved"),
            edited=number("edited"),
            rejected=number("rejected"),
            approval_rate=share("approved", suggestions),
            edit_rate=share("edited", suggestions),
            rejection_rate=share("rejected", suggestions),
            mean_confidence=share("confidence", suggestions),
            feedback_up=number("feedback_up"),
            feedback_down=number("feedback_down"),
            bot_resolved=number("bot_settled"),
            bot_resolved_rate=share("bot_settled", settled),
            handoffs=number("handoffs"),
            handoff_rate=share("handoffs", amount("begun")),
        ),
        delivery=DeliveryStatistics(
            **{name: number(f"delivery_{name}") for name in _DELIVERY},
            delivered_rate=share("delivery_delivered", accepted),
            opened_rate=share("delivery_opened", accepted),
            clicked_rate=share("delivery_clicked", accepted),
            bounced_rate=share("delivery_bounced", ended),
            failed_rate=share("delivery_failed", ended),
        ),
    )


_DELIVERY = ("sent", "delivered", "read", "opened", "clicked", "bounced", "failed")


def add(sums: dict[str, float], counts: Mapping[str, float]) -> None:
    """Add what was counted to what was counted before."""
    for name, amount in counts.items():
        sums[name] = sums.get(name, 0.0) + amount


def _times(counts: Mapping[str, float], prefix: str) -> Times:
    classes = sorted(
        (int(name.removeprefix(prefix)), amount)
        for name, amount in counts.items()
        if name.startswith(prefix) and amount > 0
    )
    return Times(median=_quantile(classes, 0.5), p90=_quantile(classes, 0.9))


def _quantile(classes: list[tuple[int, float]], share: float) -> float | None:
    left = share * sum(amount for _, amount in classes)
    for number, amount in classes:
        left -= amount
        if left <= 0:
            return middle_of(number)
    return None
