"""How an account's conversations go."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.statistics import GetStatistics, Statistics
from libs.runtime.clock import now
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.use_cases.run_query import Queries

#: What is told when nobody says since when.
USUAL = timedelta(weeks=12)
Moment = datetime | date


class StatisticsQuery(BaseModel):
    """Which time, in whose weeks."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    begin: Moment | None = Field(
        default=None,
        alias="from",
        description="A day or a time, by RFC 3339; twelve weeks before the end unless said.",
    )
    end: Moment | None = Field(
        default=None, alias="to", description="A day, which is included, or a time; now unless said."
    )
    tz: str = Field(default="UTC", min_length=1, max_length=64, description="The IANA name of a time zone.")

    def range(self) -> tuple[datetime, datetime]:
        """As two times. Raises DomainError `invalid` for a zone or a time that does not exist."""
        try:
            zone = ZoneInfo(self.tz)
            end = _moment(self.end, zone, last=True) if self.end is not None else now()
            begin = _moment(self.begin, zone, last=False) if self.begin is not None else end - USUAL
        except (ZoneInfoNotFoundError, ValueError, OverflowError, OSError) as error:
            raise DomainError(ErrorCode.INVALID, "there is no such time, or no such time zone") from error
        return begin, end


def _moment(given: Moment, zone: ZoneInfo, *, last: bool) -> datetime:
    """A time without an offset is the zone's; a day is its beginning, or its end where it is the last one."""
    if isinstance(given, datetime):
        return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)
    day = given + timedelta(days=1) if last else given
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def add_statistics_routes(app: FastAPI, queries: Queries) -> None:
    """For those who work in the account."""

    @app.get(
        "/api/v1/conversations/stats",
        operation_id="getStatistics",
        summary="Counts, rates and times of the account, by week",
        description="Weeks begin on Monday in `tz`. Counted as it happens, in quarters of an hour: `from` "
        "and `to` are widened to whole ones. The newest seconds may be missing.",
        tags=["conversations"],
        response_model=Statistics,
        responses=errors(400, 401, 403),
    )
    async def statistics_route(
        asked: Annotated[StatisticsQuery, Query()], caller: CurrentPerson
    ) -> JSONResponse:
        begin, end = asked.range()
        query = GetStatistics(person=caller.person, begin=begin, end=end, tz=asked.tz)
        found = await queries.ask(query, account_id=caller.account_id, answer=Statistics)
        return JSONResponse(found.model_dump(mode="json"))
