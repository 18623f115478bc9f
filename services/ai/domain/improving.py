"""What can be said of an agent's draft without a model: tone, clarity, and questions that it leaves open."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from services.ai.domain.citations import Citation
from services.ai.domain.extraction import extract
from services.ai.domain.facts import addresses
from services.ai.domain.frustration import is_frustrated
from services.ai.domain.passages import Passage
from services.ai.domain.sentences import sentence_spans
from services.ai.domain.structured import Shape
from services.ai.domain.topics import topic_stems
from services.ai.domain.words import split_words

RemarkKind = Literal["tone", "clarity", "missing_answer", "general"]

_MOST_WORDS: Final = 35
_SHORT: Final = 4
_SHOUTED: Final = 0.6
_LEAST_LETTERS: Final = 12
_MOST_OPEN: Final = 3
_TOUCHED: Final = 0.34


class Improvement(Shape):
    """What a model is asked for."""

    improved: Annotated[str, Field(min_length=1, max_length=16_384)]
    remarks: Annotated[tuple[str, ...], Field(max_length=12)] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A remark for the agent."""

    kind: RemarkKind
    text: str


@dataclass(frozen=True, slots=True)
class LookedOver:
    """A draft with what there is to say about it; `citations` answer what it leaves open."""

    improved: str
    notes: tuple[Note, ...]
    citations: tuple[Citation, ...] = ()
    engine: Literal["model", "rules"] = "rules"


def open_questions(asked: str, draft: str, language: str | None) -> list[str]:
    """The contact's questions whose topics the draft does not touch."""
    said = topic_stems(draft, language)
    found = []
    for start, end in sentence_spans(asked):
        sentence = asked[start:end]
        topics = topic_stems(sentence, language)
        if sentence.endswith("?") and topics and len(topics & said) < _TOUCHED * len(topics):
            found.append(sentence)
    return found[:_MOST_OPEN]


def notes_on(draft: str, given: str, questions: Sequence[str]) -> tuple[Note, ...]:
    """What rules see: shouting and anger, sentences past 35 words, open questions, addresses from nowhere."""
    notes = [Note("missing_answer", f"The draft does not answer: {question}") for question in questions]
    letters = [one for one in draft if one.isalpha()]
    if len(letters) >= _LEAST_LETTERS and sum(map(str.isupper, letters)) > _SHOUTED * len(letters):
        notes.append(Note("tone", "Capitals throughout read as shouting."))
    if is_frustrated(draft):
        notes.append(Note("tone", "The draft sounds annoyed."))
    if len(split_words(draft)) < _SHORT:
        notes.append(Note("tone", "Very short: it may read as curt."))
    long = [
        draft[start:end]
        for start, end in sentence_spans(draft)
        if len(split_words(draft[start:end])) > _MOST_WORDS
    ]
    notes += [Note("clarity", f"A long sentence, better split: {one[:80]}…") for one in long]
    notes += [
        Note("general", f"Check this address, it is in no document: {one}")
        for one in sorted(addresses(draft) - addresses(given))
    ]
    return tuple(notes)


def answers_to(questions: Sequence[str], passages: Sequence[Passage]) -> tuple[Citation, ...]:
    """What the best public passage says on each open question."""
    public = [passage for passage in passages if passage.visibility == "public"]
    return tuple(dict.fromkeys(extract(question, public[0]) for question in questions)) if public else ()
