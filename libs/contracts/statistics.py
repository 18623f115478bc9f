"""How an account's conversations go: counts and times, by week."""

from datetime import date, datetime

from pydantic import Field

from libs.contracts.base import Contract, Query
from libs.contracts.conversation import Person


class GetStatistics(Query, type="get_statistics.v1"):
    """From one moment to another, in weeks that begin on Monday in the zone `tz` (an IANA name).

    `begin` and `end` are widened to whole quarters of an hour. `invalid` for a zone that does not exist, an
    end before the beginning, or more than two years.
    """

    person: Person
    begin: datetime
    end: datetime
    tz: str = Field(default="UTC", max_length=64)


class Times(Contract):
    """Seconds, None where there was nothing to measure; each within 2.5 % of the exact figure."""

    median: float | None = None
    p90: float | None = None


class AIStatistics(Contract):
    """What the AI did. Rates are shares from 0 to 1, None where there is nothing to have a share of:
    approval, edit and rejection of the suggestions made in this time, `bot_resolved_rate` of the settled
    conversations, `handoff_rate` of those that began or were reopened.
    """

    suggestions: int = 0
    approved: int = 0
    edited: int = 0
    rejected: int = 0
    approval_rate: float | None = None
    edit_rate: float | None = None
    rejection_rate: float | None = None
    mean_confidence: float | None = None
    feedback_up: int = 0
    feedback_down: int = 0
    bot_resolved: int = 0
    bot_resolved_rate: float | None = None
    handoffs: int = 0
    handoff_rate: float | None = None


class DeliveryStatistics(Contract):
    """What became of what was sent, each in the time in which it became so. `sent` are those that a channel
    accepted; `delivered` also those that were read. Rates are shares of `sent`, `failed_rate` and
    `bounced_rate` of all that came to an end.
    """

    sent: int = 0
    delivered: int = 0
    read: int = 0
    opened: int = 0
    clicked: int = 0
    bounced: int = 0
    failed: int = 0
    delivered_rate: float | None = None
    opened_rate: float | None = None
    clicked_rate: float | None = None
    bounced_rate: float | None = None
    failed_rate: float | None = None


class PeriodStatistics(Contract):
    """One stretch of time. `response_rate`: of the turns in which a contact wrote, how many were answered by
    the AI or a person; an answer counts for the time of its question.
    """

    started: int = 0
    settled: int = 0
    sent: int = 0
    received: int = 0
    response_rate: float | None = None
    first_response_seconds: Times = Times()
    resolution_seconds: Times = Times()
    ai: AIStatistics = AIStatistics()
    delivery: DeliveryStatistics = DeliveryStatistics()


class WeekStatistics(PeriodStatistics):
    """A week, or the part of it that was asked for. `week` is its Monday."""

    week: date


class Statistics(Contract):
    """The answer to GetStatistics. `by_status` is how many conversations stand so now."""

    begin: datetime
    end: datetime
    tz: str
    by_status: dict[str, int]
    total: PeriodStatistics
    weeks: tuple[WeekStatistics, ...]
