"""Moments in bodies: RFC 3339, with its offset."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

_FORM = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


def _text(value: object) -> object:
    """Numbers, and forms that leave room for guesses, are no moments. Raises ValueError."""
    if not isinstance(value, str) or not _FORM.fullmatch(value):
        raise ValueError("a time with its offset is needed, as in 2027-01-31T09:00:00Z")
    return value


def _in_utc(value: datetime) -> datetime:
    """The same moment. Raises ValueError for one whose offset takes it out of every calendar."""
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time between the years 1 and 9999 is needed") from error


#: As queries say it.
AnyMoment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Moment = Annotated[AnyMoment, Field(strict=False), BeforeValidator(_text)]
