"""How an account's conversations go."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.statistics import GetStatistics, Statistics, WeekStatistics
from services.conversation.domain.policy import actor_of, visibility_of
from services.conversation.domain.statistics import add, statistics_of, weeks_of, whole_slots, zone_of
from services.conversation.use_cases.ports import Call

Counts = Mapping[str, float]


class Tallies(Protocol):
    """What was counted; always of one account."""

    async def between(self, account_id: str, ranges: Sequence[tuple[datetime, datetime]]) -> Sequence[Counts]:
        """What was counted in each of these ranges, which begin and end with a slot, one after the other."""

    async def by_status(self, account_id: str) -> dict[str, int]:
        """How many conversations stand in each status."""


@dataclass(frozen=True)
class GetStatisticsOfAccount:
    """Takes GetStatistics."""

    tallies: Tallies

    async def __call__(self, query: GetStatistics, call: Call) -> Statistics:
        """Counts of the whole account, for everybody who works in it: they name nobody. Raises DomainError
        `forbidden` and `invalid`.
        """
        if visibility_of(actor_of(query.person, call.account_id)).nothing:
            raise DomainError(ErrorCode.FORBIDDEN, "statistics are for those who work in the account")
        zone = zone_of(query.tz)
        begin, end = whole_slots(query.begin, query.end)
        weeks = list(weeks_of(begin, end, zone))
        counted, by_status = await asyncio.gather(
            self.tallies.between(call.account_id, [(starts, ends) for _, starts, ends in weeks]),
            self.tallies.by_status(call.account_id),
        )
        total: dict[str, float] = {}
        for counts in counted:
            add(total, counts)
        return Statistics(
            begin=begin,
            end=end,
            tz=query.tz,
            by_status=by_status,
            total=statistics_of(total),
            weeks=tuple(
                WeekStatistics(week=monday, **dict(statistics_of(counts)))
                for (monday, _, _), counts in zip(weeks, counted, strict=True)
            ),
        )
