"""What an engine proposes to do with a question, before our own code has checked any of it."""

from typing import Annotated, Literal

from pydantic import Field

from services.ai.domain.structured import Shape

#: Past these a model has lost the thread.
_CLAIM = Annotated[str, Field(max_length=2_000)]

DecisionKind = Literal["answer", "clarify", "hand_off"]
DecisionReason = Literal["none", "asked_for_human", "not_covered", "low_confidence", "negative_sentiment"]


class Claim(Shape):
    """A statement, the passage that bears it out by its id, and the words there that do."""

    text: _CLAIM
    passage: str
    quote: _CLAIM


class Decision(Shape):
    """Answer with claims, ask back with a question, or hand over for a reason."""

    kind: DecisionKind
    reason: DecisionReason = "none"
    claims: Annotated[tuple[Claim, ...], Field(max_length=12)] = ()
    question: str = ""
