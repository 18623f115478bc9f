"""Have the cheap model say what a question in the middle of a conversation asks."""

import asyncio
from dataclasses import replace
from typing import Final

from services.ai.domain.contact_requests import ContactRequest
from services.ai.domain.model_calls import ModelFailed
from services.ai.domain.personal_data import Placeholders
from services.ai.domain.questions import Question, question_of
from services.ai.domain.rewriting import Rewritten, looked_up_as, may_be_rewritten, rewrite_prompt
from services.ai.use_cases.engines import Ask
from services.ai.use_cases.model_engine import circumstances_of

#: The answer itself may take another 18 s, and people take over after 30.
_SECONDS: Final = 4.0


class Understand:
    """What to look up. Without a model, or where it gives nothing usable, it is the contact's own words, with
    the question before where they lean on it.
    """

    def __init__(self, ask: Ask | None = None, *, seconds: float = _SECONDS) -> None:
        self._ask = ask
        self._seconds = seconds

    async def __call__(self, request: ContactRequest, language: str) -> Question:
        """The question, with its lookup."""
        question = question_of(request, language)
        if self._ask is None or not may_be_rewritten(request, question):
            return question
        hidden = Placeholders(request.contact_names)
        prompt = rewrite_prompt(request, question)
        prompt = replace(prompt, data=hidden.hide_in(prompt.data))
        try:
            async with asyncio.timeout(self._seconds):
                asked = await self._ask(prompt, Rewritten, circumstances_of(request, question.text))
        except (ModelFailed, TimeoutError):
            return question
        return looked_up_as(request, question, hidden.show(asked.answer.query), language)
