"""Plain text into sentences that are verbatim pieces of it."""

import re
from typing import Final, NamedTuple

# A stop ends a sentence when a blank and then a capital, a digit or an opening mark follow; CJK stops need
# none. Every repetition is bounded: a page of dots must not take a minute.
_END: Final = re.compile(
    r"""[.!?…]{1,8}["'\u201d\u2019»)\]]{0,4}(?=\s{1,8}["'\u201c\u2018«(\[¿¡]{0,4}[A-Z0-9À-ÖØ-Þ])"""
    r"|[\u3002\uff01\uff1f]{1,8}|\n",
)
# Longest first matters to nobody here: the whole tail of the candidate must match.
_ABBREVIATION: Final = re.compile(
    r"(?:^|[\s(])(?:e\.g|i\.e|etc|approx|no|nr|vs|mr|mrs|ms|dr|prof|st|z\.b|bzw|ca|usw|d\.h|p\.ej|sr|sra|ej|art"
    r"|[a-z]|\d{1,2})\.$",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATION: Final = 12


class Span(NamedTuple):
    """Half-open character positions of a piece of a text."""

    start: int
    end: int


def sentence_spans(text: str) -> list[Span]:
    """Where the sentences of ``text`` are, without the blanks around them; none goes across lines."""
    spans: list[Span] = []
    start = 0
    for match in _END.finditer(text):
        end = match.end()
        tail = text[max(start, end - _LONGEST_ABBREVIATION) : end]
        if match.group().startswith(".") and _ABBREVIATION.search(tail):
            continue
        _append_trimmed(spans, text, start, end)
        start = end
    _append_trimmed(spans, text, start, len(text))
    return spans


def split_sentences(text: str) -> list[str]:
    """The sentences in order, each a verbatim piece of ``text``."""
    return [text[span.start : span.end] for span in sentence_spans(text)]


def _append_trimmed(spans: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append(Span(start, end))
