"""The moment that a cursor carries: it comes back from outside, changed or not."""

from datetime import UTC, datetime


def moment_of(text: str) -> datetime:
    """A moment in UTC. Raises ValueError for what is none, has no offset, or is out of every calendar."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error
