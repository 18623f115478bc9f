"""Cursors of lists in the order of ids: the last id that was shown, in a form that nobody takes apart."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Protocol, TypeVar

from libs.contracts.errors import DomainError, ErrorCode


class _Row(Protocol):
    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=_Row)


def after_of(cursor: str | None) -> str | None:
    """The id that a cursor stands for. Raises DomainError `invalid` for what is no cursor."""
    if not cursor:
        return None
    try:
        # Strictly: what is left out of a cursor that was bent would begin the list anew.
        return b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise DomainError(ErrorCode.INVALID, "this is not a cursor of this list") from error


def page_of(found: Sequence[R], size: int) -> tuple[Sequence[R], str | None]:
    """What a page shows of one row more than it has room for, and the cursor of the next page."""
    shown = found[:size]
    more = len(found) > len(shown)
    return shown, urlsafe_b64encode(shown[-1].id.encode()).decode() if more else None
