"""Statements checked against the passages that are said to bear them out. Whoever wrote a statement, it is
sent only if its quote stands in the passage and it says nothing that the quote does not.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from services.ai.domain.citations import Citation
from services.ai.domain.decisions import Claim
from services.ai.domain.facts import addresses, figures, harmless, is_negated
from services.ai.domain.languages import detect_language
from services.ai.domain.passages import Passage
from services.ai.domain.topics import topic_stems

#: Share of a statement's topic words that must stand in its passage; the rest is how a sentence is put
#: together.
LEAST_SHARE: Final = 0.6
#: The same for what stands between commas, of two topic words or more.
LEAST_SHARE_OF_CLAUSE: Final = 1 / 3
_LEAST_CLAUSE: Final = 2
_SENTENCE_ENDS: Final = re.compile(r"[.!?]+(?=\s|$)|[:;\n]+(?=\s|$)|\s[\u2013\u2014-]\s")
_CLAUSE_ENDS: Final = re.compile(r"[.!?:;,\n()]+(?=\s|$)|\s[\u2013\u2014(-]\s?")
_LEAST_QUOTE: Final = 3
_MOST_QUOTE: Final = 1_500
_ALIKE: Final = str.maketrans("\u2018\u2019\u201c\u201d\u2013\u2014", "''\"\"--")


@dataclass(frozen=True, slots=True)
class Statement:
    """What may be sent, and where it comes from."""

    text: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class Verified:
    """The statements that hold, of ``claimed`` ones."""

    statements: tuple[Statement, ...]
    claimed: int

    @property
    def share(self) -> float:
        """How much of what was claimed holds, from 0 to 1."""
        return len(self.statements) / self.claimed if self.claimed else 0.0

    @property
    def text(self) -> str:
        """The statements as one message."""
        texts = list(dict.fromkeys(statement.text for statement in self.statements))
        return ("\n\n" if any("\n" in text for text in texts) else " ").join(texts)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Each source once."""
        return tuple(dict.fromkeys(statement.citation for statement in self.statements))


def verify(claims: Iterable[Claim], passages: Mapping[str, Passage]) -> Verified:
    """Check each claim; ``passages`` are those that were shown, by the id they were shown under.

    Internal passages bear nothing out: their words are not for visitors.
    """
    given = tuple(claims)
    checked = (_statement(claim, passages.get(claim.passage)) for claim in given)
    return Verified(tuple(statement for statement in checked if statement), len(given))


def _statement(claim: Claim, passage: Passage | None) -> Statement | None:
    if passage is None or passage.visibility != "public":
        return None
    place = find_quote(claim.quote, passage.text)
    if place is None:
        return None
    citation = Citation(
        passage.document_id, passage.chunk_id, passage.title, passage.text[slice(*place)], *place
    )
    text, quoted = harmless(claim.text), harmless(citation.quote)
    if text and text in quoted:
        return Statement(text, citation)
    if not text or not _has_the_facts(text, quoted, passage.title):
        return None
    spoken, written = detect_language(text), passage.language or detect_language(passage.text)
    if spoken and written and spoken != written:
        # Words of another language cannot be compared; the passage's own are certain.
        return Statement(quoted, citation)
    known = " ".join((passage.title, *passage.headings, quoted))
    return Statement(text, citation) if _says_the_same(text, quoted, known, written) else None


def _has_the_facts(text: str, quoted: str, title: str) -> bool:
    return figures(text) <= figures(f"{quoted} {title}") and addresses(text) <= addresses(quoted)


def _says_the_same(text: str, quoted: str, known: str, language: str | None) -> bool:
    if is_negated(text) != is_negated(quoted):
        return False
    stems = topic_stems(known, language)
    # Piece by piece: what is foreign must not hide behind a long sentence that is not.
    sentences = (topic_stems(one, language) for one in _SENTENCE_ENDS.split(text))
    clauses = (topic_stems(one, language) for one in _CLAUSE_ENDS.split(text))
    return all(len(one & stems) >= LEAST_SHARE * len(one) for one in sentences) and all(
        len(one) < _LEAST_CLAUSE or len(one & stems) >= LEAST_SHARE_OF_CLAUSE * len(one) for one in clauses
    )


def find_quote(quote: str, text: str) -> tuple[int, int] | None:
    """Where a quote stands in a text, blanks and forms of quotation marks aside; None where it does not."""
    words = quote.translate(_ALIKE).split()
    if not words or not _LEAST_QUOTE <= len(quote.strip()) <= _MOST_QUOTE:
        return None
    pattern = r"\s+".join(re.escape(word) for word in words)
    found = re.search(pattern, text.translate(_ALIKE))
    return found.span() if found else None
