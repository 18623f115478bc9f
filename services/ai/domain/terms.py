"""What of a text the index knows: words, pairs of neighbouring words, and the letters of headings.

A term is a 32-bit number. Words have the upper bit clear and are counted, so that a rare one weighs more;
pairs and letters have it set and are not: there are ten times as many of them, and their weight comes from
the words that they are made of.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple
from zlib import crc32

from services.ai.domain.documents import Chunk
from services.ai.domain.words import fold, split_words, stem

_WORDS: Final = 0x7FFF_FFFF
_SHAPES: Final = 0x8000_0000
_LETTERS: Final = 3


class Lengths(NamedTuple):
    """How long a chunk's fields are: words of the headings and of the text, trigrams of the headings."""

    headings: int
    text: int
    letters: int


@dataclass(frozen=True, slots=True)
class Field:
    """How often each term occurs in a part of a chunk."""

    words: Counter[int]
    pairs: Counter[int]
    letters: Counter[int]


@dataclass(frozen=True, slots=True)
class ChunkTerms:
    """The terms of a chunk's headings, of its text, and of the phrasings that people approved for it."""

    headings: Field
    text: Field
    phrasings: Field

    @property
    def distinct(self) -> set[int]:
        """Every word of the chunk."""
        return self.headings.words.keys() | self.text.words.keys() | self.phrasings.words.keys()

    @property
    def lengths(self) -> Lengths:
        """How long its fields are."""
        return Lengths(self.headings.words.total(), self.text.words.total(), self.headings.letters.total())


def is_word(term: int) -> bool:
    """Whether the term is a word, of those that are counted."""
    return term <= _WORDS


def term_of(word: str, language: str | None) -> int:
    """The number that stands for a word's stem in the index."""
    return crc32(stem(word, language).encode()) & _WORDS


def pair_of(first: int, second: int) -> int:
    """The number that stands for two neighbouring words."""
    return crc32(b"%d %d" % (first, second)) | _SHAPES


def letters_of(word: str) -> list[int]:
    """The trigrams of a word without its accents, its two ends marked, whatever the language."""
    marked = f"_{fold(word)}_"
    starts = range(max(1, len(marked) - _LETTERS + 1))
    return [crc32(marked[at : at + _LETTERS].encode()) | _SHAPES for at in starts]


def chunk_terms(chunk: Chunk, language: str | None) -> ChunkTerms:
    """The terms of a chunk; the title counts as its outermost heading."""
    return ChunkTerms(
        _field([" \n".join((chunk.title, *chunk.headings))], language, letters=True),
        _field([chunk.text], language, letters=False),
        _field(chunk.phrasings, language, letters=True),
    )


def _field(texts: Iterable[str], language: str | None, *, letters: bool) -> Field:
    field = Field(Counter(), Counter(), Counter())
    for text in texts:
        words = split_words(text)
        terms = [term_of(word, language) for word in words]
        field.words.update(terms)
        field.pairs.update(neighbours(terms))
        if letters:
            for word in words:
                field.letters.update(letters_of(word))
    return field


def neighbours(terms: Sequence[int]) -> list[int]:
    """The pairs of a run of words."""
    return [pair_of(first, second) for first, second in pairwise(terms)]
