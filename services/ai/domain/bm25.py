"""Okapi BM25 over two fields, with every statistic taken from one knowledge base alone.

The index stores, for each chunk, the weight of each of its terms; a question brings the rarity (IDF) of
each of its words; the engine multiplies and adds. Rarity stays on the question's side because it changes
with every document that comes or goes, and because the sum of it, the question's mass, is what turns a
score into a confidence.

Figures behind the constants: the best of a grid on 1,249 paraphrased questions over 719 answers of a public
help forum (thread found first: 81.0 of 100; one joined field 76.7; stop words left out altogether 77.7).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log
from typing import Final
from zlib import crc32

from services.ai.domain.documents import Chunk
from services.ai.domain.languages import STOP_WORDS
from services.ai.domain.words import split_words, stem

K1: Final = 1.2
B: Final = 0.75
HEADING_WEIGHT: Final = 2.5  # title and headings against running text
STOP_WORD_WEIGHT: Final = (
    0.5  # "how do I" tells a little about which article is meant, but not as much as a topic
)
MAX_QUERY_WORDS: Final = (
    64  # the engine's time grows with each; a message past this is a story, not a question
)


@dataclass(frozen=True, slots=True)
class ChunkTerms:
    """How often each term occurs in a chunk's headings and in its text; a term is a stem's 32-bit hash."""

    headings: Counter[int]
    text: Counter[int]

    @property
    def distinct(self) -> set[int]:
        """Every term of the chunk."""
        return self.headings.keys() | self.text.keys()


@dataclass(frozen=True, slots=True)
class MeanLengths:
    """The true mean number of words of a chunk's headings and text in one knowledge base, at least 1 each."""

    headings: float
    text: float

    def drift(self, other: "MeanLengths") -> float:
        """By which share the further of the two differs from ``other``."""
        return max(abs(self.headings / other.headings - 1), abs(self.text / other.text - 1))


@dataclass(slots=True)
class Corpus:
    """What BM25 must know about one knowledge base; kept exact as chunks come and go."""

    chunks: int = 0
    heading_words: int = 0
    text_words: int = 0
    frequencies: Counter[int] = field(default_factory=Counter)
    languages: Counter[str | None] = field(default_factory=Counter)

    def add(self, distinct: Iterable[int], heading_words: int, text_words: int, language: str | None) -> None:
        """Count a chunk in."""
        self.chunks += 1
        self.heading_words += heading_words
        self.text_words += text_words
        self.languages[language] += 1
        self.frequencies.update(distinct)

    def remove(
        self, distinct: Iterable[int], heading_words: int, text_words: int, language: str | None
    ) -> None:
        """Count out a chunk that was counted in with the same figures."""
        self.chunks -= 1
        self.heading_words -= heading_words
        self.text_words -= text_words
        self.languages[language] -= 1
        self.languages += Counter()  # drops what fell to zero
        for term in distinct:
            left = self.frequencies[term] - 1
            if left:
                self.frequencies[term] = left
            else:
                del self.frequencies[term]

    @property
    def means(self) -> MeanLengths:
        """The mean lengths now."""
        chunks = max(1, self.chunks)
        return MeanLengths(max(1.0, self.heading_words / chunks), max(1.0, self.text_words / chunks))

    def rarity(self, terms: Iterable[int]) -> float:
        """The IDF of a word that may be written as any of ``terms``; above zero, highest if unknown."""
        containing = min(self.chunks, sum(self.frequencies[term] for term in terms))
        return log(1 + (self.chunks - containing + 0.5) / (containing + 0.5))


@dataclass(frozen=True, slots=True)
class WeightedQuery:
    """A question as the engine takes it: a weight a term, and the mass that a full match would be worth."""

    weights: dict[int, float]
    mass: float


def term_of(word: str, language: str | None) -> int:
    """The 32-bit number that stands for a word's stem in the index."""
    return crc32(stem(word, language).encode())


def chunk_terms(chunk: Chunk, language: str | None) -> ChunkTerms:
    """The terms of a chunk; the title counts as its outermost heading."""
    headings = " \n".join((chunk.title, *chunk.headings))
    return ChunkTerms(
        Counter(term_of(word, language) for word in split_words(headings)),
        Counter(term_of(word, language) for word in split_words(chunk.text)),
    )


def term_weights(terms: ChunkTerms, means: MeanLengths) -> dict[int, float]:
    """The weight of each term of a chunk, above zero; at mean length a single word of the text weighs 1."""
    weights: dict[int, float] = {}
    for counts, mean, field_weight in (
        (terms.headings, means.headings, HEADING_WEIGHT),
        (terms.text, means.text, 1.0),
    ):
        damping = K1 * (1 - B + B * counts.total() / mean)
        for term, count in counts.items():
            weights[term] = weights.get(term, 0.0) + field_weight * count * (K1 + 1) / (count + damping)
    return weights


def weigh_query(text: str, corpus: Corpus) -> WeightedQuery:
    """The question's terms with their rarity in ``corpus``, stemmed in each language of the corpus.

    Words beyond the first ``MAX_QUERY_WORDS`` different ones are left out.
    """
    weights: dict[int, float] = {}
    mass = 0.0
    languages = tuple(corpus.languages) or (None,)
    for word in list(dict.fromkeys(split_words(text)))[:MAX_QUERY_WORDS]:
        terms = {term_of(word, language) for language in languages}
        weight = corpus.rarity(terms)
        if any(word in STOP_WORDS.get(language or "", ()) for language in languages):
            # A stop word that no chunk has says nothing, least of all that the question is not covered.
            weight = STOP_WORD_WEIGHT * weight if any(term in corpus.frequencies for term in terms) else 0.0
        mass += weight
        for term in terms if weight else ():
            weights[term] = max(weight, weights.get(term, 0.0))
    return WeightedQuery(weights, mass)
