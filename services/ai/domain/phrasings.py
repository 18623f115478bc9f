"""Questions that a document is known to answer, because an agent approved the answer."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from services.ai.domain.documents import Chunk, Document, Phrasing
from services.ai.domain.words import folded_line

# The oldest are forgotten first; a document asked about in more ways than this is many documents.
MAX_PHRASINGS: Final = 200
MAX_PHRASING_CHARACTERS: Final = 500


def with_phrasing(document: Document, phrasing: Phrasing) -> Document:
    """The document with one more phrasing; the same question again takes the place of the one before."""
    question = " ".join(phrasing.question.split())[:MAX_PHRASING_CHARACTERS]
    kept = without_phrasing(document, question).phrasings
    return replace(document, phrasings=(*kept, phrasing._replace(question=question))[-MAX_PHRASINGS:])


def without_phrasing(document: Document, question: str) -> Document:
    """The document without a phrasing; capitals, accents and blanks make no difference."""
    gone = folded_line(question[:MAX_PHRASING_CHARACTERS])
    kept = tuple(one for one in document.phrasings if folded_line(one.question) != gone)
    return replace(document, phrasings=kept)


def placed(chunks: Sequence[Chunk], phrasings: Sequence[Phrasing]) -> list[Chunk]:
    """The chunks, each with the phrasings whose quote it holds; the first one takes those of no chunk."""
    by_chunk: dict[int, list[str]] = defaultdict(list)
    for phrasing in phrasings:
        quote = phrasing.quote.strip()
        holding = (place for place, chunk in enumerate(chunks) if quote and quote in chunk.text)
        by_chunk[next(holding, 0)].append(phrasing.question)
    return [
        replace(chunk, phrasings=tuple(by_chunk[place])) if place in by_chunk else chunk
        for place, chunk in enumerate(chunks)
    ]
