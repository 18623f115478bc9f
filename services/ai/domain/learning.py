"""What the AI said or proposed, what became of it, what is learnt from that and what is kept out of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, NamedTuple

from services.ai.domain.documents import KnowledgeBase
from services.ai.domain.facts import addresses
from services.ai.domain.frustration import is_frustrated
from services.ai.domain.human_request import asks_for_human
from services.ai.domain.personal_data import Placeholders
from services.ai.domain.phrasings import MAX_PHRASING_CHARACTERS
from services.ai.domain.topics import topic_stems

# answered: the bot sent it. The others are of suggestions.
Outcome = Literal["proposed", "approved", "edited", "rejected", "answered"]
#: How the conversation ended behind it: confirmed by the one who asked, assumed because it was closed or
#: settled by somebody else, or reopened. Empty while it goes on.
Ending = Literal["", "confirmed", "assumed", "reopened"]

#: Characters of a text that is kept as an example.
MOST_KEPT: Final = 2_000
_LEAST_TOPICS: Final = 2
#: Share of a quote's topic words that an edited answer must still have, for its article to have answered.
_STILL_SAYS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Proposal:
    """An answer or a suggestion: the question, and what became of it.

    ``question`` is empty where it is not to be learnt. ``proposed`` and ``sent`` hold placeholders for
    personal data, ``sent`` is empty until something was. ``documents`` are those that it quoted; ``learnt``
    those of them that have the question as a phrasing. ``intent`` is that of the question,
    ``disliked`` whether a reader said so, ``department`` the one whose agents may see the conversation.
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
    proposed: str = ""
    sent: str = ""
    documents: tuple[str, ...] = ()
    intent: str = ""
    ending: Ending = ""
    disliked: bool = False
    department: str | None = None

    @property
    def base(self) -> KnowledgeBase:
        """Whose knowledge it came from."""
        return KnowledgeBase(self.account_id, self.chatbot_id)


@dataclass(frozen=True, slots=True)
class Learnt:
    """How a chatbot's answers have fared of late: suggestions and answers by what became of them,
    conversations with them by how they ended, votes.
    """

    outcomes: dict[str, int] = field(default_factory=dict)
    endings: dict[str, int] = field(default_factory=dict)
    in_favour: int = 0
    against: int = 0


class StyleExample(NamedTuple):
    """What was proposed, and what an agent made of it before it was sent."""

    proposed: str
    sent: str


def kept_text(text: str, names: Iterable[str]) -> str:
    """As it is kept: without personal data, and not for ever long."""
    return Placeholders(names).hide(text)[:MOST_KEPT]


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
