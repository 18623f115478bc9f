"""A question that leans on what was said before, put so that it can be looked up by itself."""

from dataclasses import replace
from typing import Annotated, Final

from pydantic import Field

from services.ai.domain.contact_requests import ContactRequest
from services.ai.domain.model_calls import Prompt
from services.ai.domain.prompts import DATA_IS_DATA
from services.ai.domain.questions import Question
from services.ai.domain.structured import Shape
from services.ai.domain.topics import topic_stems

_TURNS: Final = 6
_MOST_TURN_CHARACTERS: Final = 600
_REWRITE: Final = (
    "You put a customer's last question so that it can be looked up without the conversation before it. "
    "query: one question in the customer's own language and words, with what `it`, `there` and the like "
    "stand for. Add nothing that nobody said. Where it makes sense by itself, repeat it."
)


class Rewritten(Shape):
    """What a model is asked for."""

    query: Annotated[str, Field(max_length=400)]


def may_be_rewritten(request: ContactRequest, question: Question) -> bool:
    """Whether there is a question, and another one before it that somebody answered."""
    roles = {turn.role for turn in request.history}
    return bool(question.text.strip()) and "contact" in roles and not roles.isdisjoint(("ai", "agent"))


def rewrite_prompt(request: ContactRequest, question: Question) -> Prompt:
    """The task of rewriting."""
    turns = [
        {"role": turn.role, "text": turn.text[:_MOST_TURN_CHARACTERS]} for turn in request.history[-_TURNS:]
    ]
    data = {"question": question.text[:_MOST_TURN_CHARACTERS], "conversation": turns}
    return Prompt("rewrite", f"{_REWRITE}\n\n{DATA_IS_DATA}", data, output_limit=200)


def looked_up_as(request: ContactRequest, question: Question, query: str, language: str) -> Question:
    """The question with that query as its lookup; as it was where the query speaks of what nobody said, or
    of nothing.
    """
    asked = topic_stems(query, language)
    said = " ".join((question.text, *(turn.text for turn in request.history)))
    if not asked or not asked <= topic_stems(said, language):
        return question
    return replace(question, lookup=" ".join(query.split()))
