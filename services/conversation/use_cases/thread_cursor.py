"""Cursors of threads: where to go on in each conversation that stands there, in a form nobody takes apart."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from libs.contracts.errors import DomainError, ErrorCode

#: No sequence is higher.
_HIGHEST = 2**53


def cursor_of(bounds: Mapping[str, int]) -> str:
    """The cursor of the page before these sequences."""
    return urlsafe_b64encode(json.dumps(dict(bounds), separators=(",", ":")).encode()).decode()


def bounds_of(cursor: str | None) -> dict[str, int] | None:
    """What a cursor stands for. Raises DomainError `invalid` for what is no cursor."""
    if not cursor:
        return None
    try:
        found = json.loads(urlsafe_b64decode(cursor.encode()))
    except (ValueError, RecursionError) as error:
        raise _refused() from error
    if not isinstance(found, dict) or not all(
        type(one) is int and 0 <= one <= _HIGHEST for one in found.values()
    ):
        raise _refused()
    return found


def _refused() -> DomainError:
    return DomainError(ErrorCode.INVALID, "this is not a cursor of a thread")
