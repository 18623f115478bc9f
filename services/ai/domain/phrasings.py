"""Questions that a document is known to answer, because an agent approved the answer."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final

from services.ai.domain.documents import Chunk, Document, Phrasing, PhrasingState
from services.ai.domain.topics import topic_stems
from services.ai.domain.votes import Vote
from services.ai.domain.words import folded_line

# The oldest are forgotten first; a document asked about in more ways than this is many documents.
MAX_PHRASINGS: Final = 200
MAX_PHRASING_CHARACTERS: Final = 500
#: Share of their topic words that two questions have in common, for one to speak for the other.
_ALIKE: Final = 0.6


def with_phrasing(document: Document, phrasing: Phrasing) -> Document:
    """The document with one more phrasing; the same question again takes the place of the one before, in
    whose state it stays.
    """
    question = " ".join(phrasing.question.split())[:MAX_PHRASING_CHARACTERS]
    before = find_phrasing(document, phrasing_id(question))
    state = before.state if before else phrasing.state
    kept = without_phrasing(document, question).phrasings
    new = phrasing._replace(question=question, state=state)
    return replace(document, phrasings=(*kept, new)[-MAX_PHRASINGS:])


def phrasing_id(question: str) -> str:
    """Its name within its document; capitals, accents and blanks make no difference."""
    return sha256(folded_line(question[:MAX_PHRASING_CHARACTERS]).encode()).hexdigest()[:24]


def find_phrasing(document: Document, wanted: str) -> Phrasing | None:
    """The one of that id."""
    return next((one for one in document.phrasings if phrasing_id(one.question) == wanted), None)


def with_state(document: Document, wanted: str, state: PhrasingState) -> Document:
    """The document with the phrasing of that id in another state."""
    changed = tuple(
        one._replace(state=state) if phrasing_id(one.question) == wanted else one
        for one in document.phrasings
    )
    return replace(document, phrasings=changed)


def weighed(document: Document, question: str, votes: Sequence[Vote]) -> Document:
    """The document after votes on answers to a question: what was learnt of questions like it waits for a
    person once those against are as many as those for it, and is used again when they are fewer. What a
    person has decided stays.
    """
    changed = []
    for one in document.phrasings:
        if one.state in ("learnt", "waiting") and alike(one.question, question, document.language):
            near = [vote.value for vote in votes if alike(one.question, vote.question, document.language)]
            against, in_favour = near.count(-1), near.count(1)
            if against and against >= in_favour:
                one = one._replace(state="waiting")  # noqa: PLW2901 - the same one
            elif against:
                one = one._replace(state="learnt")  # noqa: PLW2901
        changed.append(one)
    return replace(document, phrasings=tuple(changed))


def alike(one: str, other: str, language: str | None) -> bool:
    """Whether two questions are about the same."""
    mine, theirs = topic_stems(one, language), topic_stems(other, language)
    return bool(mine & theirs) and len(mine & theirs) >= _ALIKE * max(len(mine), len(theirs))


def without_phrasing(document: Document, question: str) -> Document:
    """The document without a phrasing; capitals, accents and blanks make no difference."""
    gone = folded_line(question[:MAX_PHRASING_CHARACTERS])
    kept = tuple(one for one in document.phrasings if folded_line(one.question) != gone)
    return replace(document, phrasings=kept)


def placed(chunks: Sequence[Chunk], phrasings: Sequence[Phrasing]) -> list[Chunk]:
    """The chunks, each with the phrasings whose quote it holds; the first one takes those of no chunk."""
    by_chunk: dict[int, list[str]] = defaultdict(list)
    for phrasing in (one for one in phrasings if one.is_used):
        quote = phrasing.quote.strip()
        holding = (place for place, chunk in enumerate(chunks) if quote and quote in chunk.text)
        by_chunk[next(holding, 0)].append(phrasing.question)
    return [
        replace(chunk, phrasings=tuple(by_chunk[place])) if place in by_chunk else chunk
        for place, chunk in enumerate(chunks)
    ]
