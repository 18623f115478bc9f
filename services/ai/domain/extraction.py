"""The part of a passage that answers a question, verbatim."""

from functools import lru_cache
from typing import Final, NamedTuple

from services.ai.domain.citations import Citation
from services.ai.domain.passages import Passage
from services.ai.domain.sentences import Span, sentence_spans
from services.ai.domain.topics import topic_stems

# A chat bubble of four or five lines. A whole chunk of this size is quoted as it stands.
MAX_QUOTE_CHARACTERS: Final = 420


class _Part(NamedTuple):
    """A paragraph, a list or a table with the line that introduces it."""

    span: Span
    stems: frozenset[str]


def extract(question: str, passage: Passage) -> Citation:
    """The quote of at most ``MAX_QUOTE_CHARACTERS`` that shares most words with the question.

    Whole paragraphs and lists where they fit, otherwise neighbouring sentences; a sentence that alone is
    longer is cut after a word. Where no word is shared (the title matched) it is the start.
    """
    asked = topic_stems(question, passage.language)
    span = _best_span(asked, passage.text, passage.language)
    return Citation(
        document_id=passage.document_id,
        chunk_id=passage.chunk_id,
        title=passage.title,
        quote=passage.text[span.start : span.end],
        start=span.start,
        end=span.end,
    )


def _best_span(asked: frozenset[str], text: str, language: str | None) -> Span:
    if len(text) <= MAX_QUOTE_CHARACTERS:
        return Span(0, len(text))
    part = _best(asked, _parts(text, language))
    if part.end - part.start <= MAX_QUOTE_CHARACTERS:
        return part
    sentences = [
        _Part(Span(part.start + span.start, part.start + span.end), stems)
        for span, stems in _sentences(text[part.start : part.end], language)
    ]
    return _widen(_best(asked, sentences), [sentence.span for sentence in sentences], text)


def _best(asked: frozenset[str], parts: "list[_Part] | tuple[_Part, ...]") -> Span:
    return max(parts, key=lambda part: len(asked & part.stems)).span  # the first of equals


def _widen(best: Span, sentences: list[Span], text: str) -> Span:
    """Take in the sentences that follow as far as they fit, then those before."""
    start, end = best
    for span in sentences:
        if span.start >= end and span.end - start <= MAX_QUOTE_CHARACTERS:
            end = span.end
    for span in reversed(sentences):
        if span.end <= start and end - span.start <= MAX_QUOTE_CHARACTERS:
            start = span.start
    if end - start > MAX_QUOTE_CHARACTERS:
        cut = text.rfind(" ", start, start + MAX_QUOTE_CHARACTERS)
        end = cut if cut > start else start + MAX_QUOTE_CHARACTERS
    return Span(start, end)


@lru_cache(maxsize=2_048)  # about 4 MiB when full; the articles asked about most are few
def _parts(text: str, language: str | None) -> tuple[_Part, ...]:
    spans: list[Span] = []
    at = 0
    for paragraph in text.split("\n\n"):
        span = Span(at, at + len(paragraph))
        introduced = bool(spans) and text[: spans[-1].end].endswith(":")
        if introduced and span.end - spans[-1].start <= MAX_QUOTE_CHARACTERS:
            spans[-1] = Span(spans[-1].start, span.end)
        else:
            spans.append(span)
        at = span.end + 2
    return tuple(_Part(span, topic_stems(text[span.start : span.end], language)) for span in spans)


@lru_cache(maxsize=2_048)  # about 4 MiB when full
def _sentences(text: str, language: str | None) -> tuple[_Part, ...]:
    return tuple(
        _Part(span, topic_stems(text[span.start : span.end], language)) for span in sentence_spans(text)
    )
