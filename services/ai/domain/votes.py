"""What people thought of answers, and what that says of the documents that the answers came from."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from services.ai.domain.documents import KnowledgeBase

#: Votes that a document is taken to have both for and against it before the first one.
_BEFORE: Final = 6.0
#: How far votes on some questions may move the odds of all others about the same document.
_LEAST: Final = 0.4
_MOST: Final = 1.25


@dataclass(frozen=True, slots=True)
class Vote:
    """One decision of an agent, or one reader's feedback, on an answer from these documents: 1 for it, -1
    against. ``question`` is what was answered, empty where it is not to be kept. The id is that of what was
    judged, so that a second thought takes the place of the first.
    """

    id: str
    base: KnowledgeBase
    conversation_id: str
    documents: tuple[str, ...]
    value: int
    question: str
    at: datetime


class Tally(NamedTuple):
    """Votes on one document."""

    in_favour: int = 0
    against: int = 0

    @property
    def odds(self) -> float:
        """What the odds that a passage of it answers are multiplied by: 1 without votes."""
        return max(_LEAST, min(_MOST, (self.in_favour + _BEFORE) / (self.against + _BEFORE)))


def tallies(votes: Iterable[Vote]) -> dict[str, Tally]:
    """The votes on each document. A conversation counts once, by what more of its votes say: nobody makes a
    document better or worse by voting again and again.
    """
    by_conversation: dict[tuple[str, str], int] = defaultdict(int)
    for vote in votes:
        for document in vote.documents:
            by_conversation[document, vote.conversation_id] += vote.value
    found: dict[str, Tally] = {}
    for (document, _), value in by_conversation.items():
        before = found.get(document, Tally())
        found[document] = Tally(before.in_favour + (value > 0), before.against + (value < 0))
    return found


def total(votes: Iterable[Vote]) -> Tally:
    """All of them, one by one."""
    values = [vote.value for vote in votes]
    return Tally(values.count(1), values.count(-1))
