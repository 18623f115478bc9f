"""Look over an agent's draft: tone, clarity, missing answers. Nothing is kept and nothing is sent."""

from dataclasses import replace
from typing import Final

from services.ai.domain.contact_requests import ContactRequest
from services.ai.domain.drafting import checked_draft, given_text, improve_prompt
from services.ai.domain.first_look import language_of
from services.ai.domain.improving import (
    Improvement,
    LookedOver,
    Note,
    answers_to,
    notes_on,
    open_questions,
)
from services.ai.domain.model_calls import ModelFailed
from services.ai.domain.personal_data import Placeholders
from services.ai.domain.prompts import shown_passages
from services.ai.domain.questions import question_of
from services.ai.use_cases.engines import Ask
from services.ai.use_cases.model_engine import circumstances_of
from services.ai.use_cases.ports import KnowledgeUnavailable, Search

_PASSAGES: Final = 5


class ImproveDraft:
    """With a model the draft comes back rewritten; without one it comes back as it was, with what rules
    see.
    """

    def __init__(self, knowledge: Search, ask: Ask | None = None) -> None:
        self._knowledge = knowledge
        self._ask = ask

    async def __call__(self, request: ContactRequest, draft: str) -> LookedOver:
        """The draft, looked over. There always is an answer."""
        language = language_of(request)
        question = question_of(request, language)
        try:
            passages = await self._knowledge.search(
                request.base, question.lookup, _PASSAGES, names=request.contact_names
            )
        except KnowledgeUnavailable:
            passages = []
        shown = shown_passages(passages)
        given = given_text(request, shown)
        left_open = open_questions(question.text, draft, language)
        plain = LookedOver(draft, notes_on(draft, given, left_open), answers_to(left_open, passages))
        if self._ask is None:
            return plain
        hidden = Placeholders(request.contact_names)
        prompt = improve_prompt(request, question, shown, draft)
        try:
            asked = await self._ask(
                replace(prompt, data=hidden.hide_in(prompt.data)),
                Improvement,
                circumstances_of(request, question.text),
            )
        except ModelFailed:
            return plain
        # The draft's own facts are the agent's business; a new one must come from what was given.
        improved = checked_draft(hidden.show(asked.answer.improved), f"{given}\n{draft}")
        if improved is None:
            return plain
        remarks = tuple(Note("general", hidden.show(one)[:1_000]) for one in asked.answer.remarks)
        return replace(plain, improved=improved, notes=(*plain.notes, *remarks), engine="model")
