"""What happens by itself at a moment: each kind becomes a command of its own to the conversation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from libs.contracts.errors import DomainError, ErrorCode

#: How far ahead people can put something.
FURTHEST = timedelta(days=366)


class TimerKind(StrEnum):
    """Why somebody waits. Rows that were stored before there were kinds are answer deadlines."""

    ANSWER = "answer"
    WAKE = "wake"
    SEND = "send"


@dataclass(frozen=True)
class Timer:
    """One of a kind a conversation, or, with `key`, one for each of those."""

    kind: TimerKind
    conversation_id: str
    due_at: datetime
    key: str = ""


def moment_ahead(moment: datetime, at: datetime) -> datetime:
    """The moment as the store keeps it, to the millisecond. Raises DomainError `invalid` for one that is not
    ahead, or too far.
    """
    if not at < moment <= at + FURTHEST:
        raise DomainError(ErrorCode.INVALID, "the time has to be ahead, by a year at most")
    moment = moment.astimezone(at.tzinfo)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
