"""What retrieval finds, and how sure a match is."""

from dataclasses import dataclass
from math import exp
from typing import Final, Literal

from services.ai.domain.documents import Visibility

Audience = Literal["visitor", "agent"]

# Fitted to every second of 1,249 paraphrased questions over 719 answers of a public help forum (found first,
# or not); on the others the calibration error is 0.037.
ODDS_AT_MASS: Final = exp(-0.10)
STEEPNESS: Final = 3.02

# Not fitted: what cosines mean differs from model to model (with all-MiniLM-L6-v2 the calibration error is
# 0.07). Nearness alone never lets the bot quote a passage; it lets a model read it, or asks back.
MOST_BY_MEANING: Final = 0.6
HALF_NEAR: Final = 0.5
NEARNESS: Final = 12.0


@dataclass(frozen=True, slots=True)
class Score:
    """The parts of a match: ``lexical`` is BM25, ``mass`` the sum of the question's word rarities.

    ``similarity`` is the cosine of an embedding model, None without one. ``odds`` is what people's votes on
    the document multiply the odds by.
    """

    lexical: float
    mass: float
    similarity: float | None = None
    odds: float = 1.0

    @property
    def confidence(self) -> float:
        """How likely the best passage of that score answers the question, from 0 to below 1.

        BM25 alone says nothing across questions: a long one about nothing outscores a short one that is met
        in full. Divided by the mass it does; the logistic curve over it was fitted to what was found right.
        """
        plain = max(self._by_words, self._by_meaning)
        return self.odds * plain / (1 + (self.odds - 1) * plain)

    @property
    def _by_words(self) -> float:
        if self.mass <= 0 or self.lexical <= 0:
            return 0.0
        odds: float = ODDS_AT_MASS * (self.lexical / self.mass) ** STEEPNESS
        return odds / (1 + odds)

    @property
    def _by_meaning(self) -> float:
        if self.similarity is None:
            return 0.0
        return MOST_BY_MEANING / (1 + exp(NEARNESS * (HALF_NEAR - self.similarity)))


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that retrieval found, with its document's title, visibility and revision, and its score."""

    document_id: str
    chunk_id: str
    title: str
    headings: tuple[str, ...]
    text: str
    visibility: Visibility
    language: str | None
    score: Score
    revision: int = 0
