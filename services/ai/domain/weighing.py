"""A question as the engine takes it: a weight for each of its terms."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from services.ai.domain.bm25 import Corpus
from services.ai.domain.languages import STOP_WORDS
from services.ai.domain.terms import letters_of, pair_of, term_of
from services.ai.domain.words import split_words

# "how do I" tells a little about which article is meant, but not as much as a topic.
STOP_WORD_WEIGHT: Final = 0.5
JOINED_WEIGHT: Final = 0.6  # "pass word" where the articles say "password"
# The engine's time grows with each; a message past this is a story, not a question.
MAX_QUERY_WORDS: Final = 64
_LIKENESS: Final = 0.5  # of a word's trigrams, from which a misspelt word counts as met
_SHORTEST_MISSPELT: Final = 5


@dataclass(frozen=True, slots=True)
class WeightedQuery:
    """``mass`` is the sum of the words' rarities; ``known`` are the words that the knowledge base has, and
    ``unknown`` the letters of each longer word that it has not.
    """

    weights: dict[int, float]
    mass: float
    known: frozenset[int] = frozenset()
    unknown: tuple[frozenset[int], ...] = field(default=())

    def is_met_by(self, terms: Collection[int]) -> bool:
        """Whether a chunk with these terms shares a word with the question, or a heading looks like one.

        Without it any chunk would be found whose headings share three letters.
        """
        distinct = frozenset(terms)
        return not self.known.isdisjoint(distinct) or any(
            len(letters & distinct) >= _LIKENESS * len(letters) for letters in self.unknown
        )


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the question: how it may be written in the corpus, in the order of its languages."""

    text: str
    terms: tuple[int, ...]
    weight: float
    is_known: bool


def weigh_query(text: str, corpus: Corpus) -> WeightedQuery:
    """The question's terms with their rarity in ``corpus``, stemmed in each language of the corpus.

    Words beyond the first ``MAX_QUERY_WORDS`` different ones are left out.
    """
    languages = tuple(corpus.languages) or (None,)
    words = _read(text, corpus, languages)
    different = {word.text: word for word in words}.values()
    weights: dict[int, float] = {}
    for word in different:
        for term in word.terms if word.weight else ():
            weights[term] = max(word.weight, weights.get(term, 0.0))
        letters = letters_of(word.text)
        for term in letters if word.weight else ():
            weights[term] = weights.get(term, 0.0) + word.weight / len(letters) ** 0.5
    for first, second in pairwise(words):
        _weigh_pair(weights, first, second, corpus, languages)
    return WeightedQuery(
        weights,
        sum(word.weight for word in different),
        frozenset(term for word in different for term in word.terms if term in corpus.frequencies),
        tuple(
            frozenset(letters_of(word.text))
            for word in different
            if not word.is_known and len(word.text) >= _SHORTEST_MISSPELT
        ),
    )


def _read(text: str, corpus: Corpus, languages: Sequence[str | None]) -> list[_Word]:
    """The question's words in order, repeated ones too, up to the first that would be one too many."""
    read: dict[str, _Word] = {}
    words: list[_Word] = []
    for text_of_word in split_words(text):
        if text_of_word not in read:
            if len(read) == MAX_QUERY_WORDS:
                break
            read[text_of_word] = _word(text_of_word, corpus, languages)
        words.append(read[text_of_word])
    return words[: 2 * MAX_QUERY_WORDS]


def _word(text: str, corpus: Corpus, languages: Sequence[str | None]) -> _Word:
    terms = tuple(term_of(text, language) for language in languages)
    weight = corpus.rarity(set(terms))
    is_known = any(term in corpus.frequencies for term in terms)
    if any(text in STOP_WORDS.get(language or "", ()) for language in languages):
        # A stop word that no chunk has says nothing, least of all that the question is not covered.
        weight = STOP_WORD_WEIGHT * weight if is_known else 0.0
    return _Word(text, terms, weight, is_known)


def _weigh_pair(
    weights: dict[int, float], first: _Word, second: _Word, corpus: Corpus, languages: Sequence[str | None]
) -> None:
    weight = (first.weight + second.weight) / 2
    for one, other in zip(first.terms, second.terms, strict=True) if weight else ():
        weights[pair_of(one, other)] = weight
    for term in {term_of(first.text + second.text, language) for language in languages}:
        if term in corpus.frequencies:
            weights[term] = max(JOINED_WEIGHT * corpus.rarity([term]), weights.get(term, 0.0))
