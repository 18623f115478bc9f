"""What retrieval finds, and how sure a match is."""

from dataclasses import dataclass
from typing import Literal

from services.ai.domain.documents import Visibility

Audience = Literal["visitor", "agent"]


@dataclass(frozen=True, slots=True)
class Score:
    """The parts of a match: ``lexical`` is BM25, ``mass`` the sum of the question's word rarities."""

    lexical: float
    mass: float

    @property
    def confidence(self) -> float:
        """From 0 to below 1: 0.5 where every word of the question occurs once in a passage of mean length.

        BM25 alone says nothing across questions: a long one about nothing outscores a short one that is met
        in full. Divided by the mass it does.
        """
        if self.mass <= 0 or self.lexical <= 0:
            return 0.0
        ratio = self.lexical / self.mass
        return ratio / (1 + ratio)


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that retrieval found, with its document's title and visibility, and its score."""

    document_id: str
    chunk_id: str
    title: str
    headings: tuple[str, ...]
    text: str
    visibility: Visibility
    language: str | None
    score: Score
