"""Moments in bodies: RFC 3339, with its offset."""

import re
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field

_FORM = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


def _text(value: object) -> object:
    """Numbers, and forms that leave room for guesses, are no moments. Raises ValueError."""
    if not isinstance(value, str) or not _FORM.fullmatch(value):
        raise ValueError("a time with its offset is needed, as in 2027-01-31T09:00:00Z")
    return value


Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_text)]
