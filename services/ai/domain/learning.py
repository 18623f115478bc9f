"""What is learnt from an agent's decision on a suggestion, and what is kept out of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from services.ai.domain.facts import addresses
from services.ai.domain.frustration import is_frustrated
from services.ai.domain.human_request import asks_for_human
from services.ai.domain.personal_data import Placeholders
from services.ai.domain.phrasings import MAX_PHRASING_CHARACTERS
from services.ai.domain.topics import topic_stems

Outcome = Literal["proposed", "approved", "edited", "rejected"]

_LEAST_TOPICS: Final = 2
#: Share of a quote's topic words that an edited answer must still have, for its article to have answered.
_STILL_SAYS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Proposal:
    """A suggestion that was made: the question it answers, and what became of it. ``learnt`` are the ids
    of the documents that have the question as a phrasing.
    """

    id: str
    account_id: str
    chatbot_id: str
    conversation_id: str
    question: str
    language: str
    at: datetime
    outcome: Outcome = "proposed"
    learnt: tuple[str, ...] = ()


def may_be_learnt(question: str, names: tuple[str, ...] = ()) -> bool:
    """Moderation: a question that others may ask, too. Nothing personal, no addresses, no anger, no wish
    for a person, and short enough to be one.
    """
    return (
        len(question) <= MAX_PHRASING_CHARACTERS
        and len(topic_stems(question, None)) >= _LEAST_TOPICS
        and Placeholders(names).hide(question) == question
        and not addresses(question)
        and not is_frustrated(question)
        and not asks_for_human(question)
    )


def still_says(sent: str, quote: str, language: str | None) -> bool:
    """Whether what was sent is still what the article says."""
    said = topic_stems(quote, language)
    return bool(said) and len(said & topic_stems(sent, language)) >= _STILL_SAYS * len(said)
