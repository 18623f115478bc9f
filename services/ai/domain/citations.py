"""Statements and where they stand: a citation is checked by our code, whoever wrote the text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.ai.domain.passages import Passage


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quote; ``start`` and ``end`` are its half-open character positions in the chunk's text."""

    document_id: str
    chunk_id: str
    title: str
    quote: str
    start: int
    end: int


def is_verbatim(citation: Citation, passage: Passage) -> bool:
    """True where the quote is what the passage says at that very place."""
    return (
        citation.chunk_id == passage.chunk_id
        and citation.document_id == passage.document_id
        and bool(citation.quote.strip())
        and 0 <= citation.start < citation.end <= len(passage.text)
        and passage.text[citation.start : citation.end] == citation.quote
    )


def is_supported(text: str, citations: Iterable[Citation], passages: Mapping[str, Passage]) -> bool:
    """True where each line of ``text`` is part of a quote and each quote is verbatim.

    ``passages`` are by chunk id.
    """
    quotes: list[str] = []
    for citation in citations:
        passage = passages.get(citation.chunk_id)
        if passage is None or not is_verbatim(citation, passage):
            return False
        quotes.append(citation.quote)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return bool(lines) and all(any(line in quote for quote in quotes) for line in lines)
