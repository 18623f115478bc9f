"""What to look up: the contact's words, and those before them where they only make sense together."""

from dataclasses import dataclass
from typing import Final

from services.ai.domain.contact_requests import ContactRequest
from services.ai.domain.courtesy import courtesy_kind, reply_kind
from services.ai.domain.expressions import word_set
from services.ai.domain.topics import topic_stems
from services.ai.domain.wording import asks_back
from services.ai.domain.words import fold, split_words

_LEANING_TOPICS: Final = 2  # "and on Sundays?" has one topic word; a question with three stands by itself
_OPENINGS: Final = word_set(
    """
        aber and but e et mais o oder or ou pero so und y
        """
)
# Words that point at what was said before; articles of the same form are left out, they point at nothing.
_POINTERS: Final = word_set(
    """
        ahi ai alli ca cela celle celui dabei dafur damit davon dies diesen dort ela ele es esa
        ese eso essa esse esto isso isto it its one ones same that them then there these they this
        those y
        """
)


@dataclass(frozen=True, slots=True)
class Question:
    """``text`` is what the contact asks now; ``lookup`` adds the question before where it leans on that."""

    text: str
    lookup: str

    @property
    def leans_on_context(self) -> bool:
        """Whether the question before is part of the lookup."""
        return self.text != self.lookup


def question_of(request: ContactRequest, language: str) -> Question:
    """The question in a burst of messages, courtesies left out."""
    asked = [text for text in request.burst if courtesy_kind(text) is None and reply_kind(text) is None]
    text = "\n".join(asked or request.burst)
    earlier = _earlier_question(request)
    last = request.last_ai_turn
    if earlier and (_leans(text, language) or (last is not None and asks_back(last.text))):
        return Question(text, f"{earlier}\n{text}")
    return Question(text, text)


def _earlier_question(request: ContactRequest) -> str | None:
    """What the contact asked before somebody last answered."""
    answered = False
    for turn in reversed(request.history):
        if turn.role in ("ai", "agent"):
            answered = True
        elif (
            turn.role == "contact"
            and answered
            and courtesy_kind(turn.text) is None
            and reply_kind(turn.text) is None
        ):
            return turn.text
    return None


def _leans(text: str, language: str) -> bool:
    words = [fold(word) for word in split_words(text)]
    if not words or len(topic_stems(text, language)) > _LEANING_TOPICS:
        return False
    return words[0] in _OPENINGS or not _POINTERS.isdisjoint(words)
