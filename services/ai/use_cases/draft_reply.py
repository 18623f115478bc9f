"""Propose a reply to an agent: always one, whatever the confidence, honest where nothing supports it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from libs.contracts.errors import TransientError
from services.ai.domain.analysis import MessageAnalysis, by_rules, checked
from services.ai.domain.confidence import combined
from services.ai.domain.contact_requests import ContactRequest, Suggestion
from services.ai.domain.drafting import (
    MOST_EXAMPLE,
    Draft,
    Past,
    Used,
    Wishes,
    analysis_prompt,
    checked_draft,
    cited,
    draft_prompt,
    given_text,
)
from services.ai.domain.extraction import extract
from services.ai.domain.first_look import language_of
from services.ai.domain.languages import Language
from services.ai.domain.learning import StyleExample
from services.ai.domain.model_calls import ModelFailed
from services.ai.domain.passages import Passage
from services.ai.domain.past import alike
from services.ai.domain.personal_data import Placeholders
from services.ai.domain.practices import practices_for
from services.ai.domain.prompts import shown_passages
from services.ai.domain.questions import Question
from services.ai.domain.wording import phrase
from services.ai.use_cases.engines import Ask
from services.ai.use_cases.learning_ports import Proposals
from services.ai.use_cases.model_engine import circumstances_of
from services.ai.use_cases.ports import KnowledgeUnavailable, Search
from services.ai.use_cases.rewrite_question import Understand

_PASSAGES: Final = 8
_BACKGROUND: Final = 3
_STYLE_EXAMPLES: Final = 3
_SIMILAR: Final = 3
_MOST_PAST: Final = 300  # the newest: a thousand more would take longer to compare than to write a draft
_NO_WISHES: Final = Wishes()


class DraftReply:
    """The text of a suggestion rests on public documents alone, because an agent may send it as it stands.

    With ``ask`` a model writes it and looks at the message; without, or where it gives nothing usable, it is
    the best passage's own words and what rules see in the message.
    """

    def __init__(self, knowledge: Search, ask: Ask | None = None, past: Proposals | None = None) -> None:
        self._knowledge = knowledge
        self._ask = ask
        self._past = past
        self._understand = Understand(ask)

    async def __call__(
        self, request: ContactRequest, *, avoid: str | None = None, wishes: Wishes = _NO_WISHES
    ) -> Suggestion:
        """The suggestion; where the engine gives no answer, one that says that. With `avoid` it is another
        one than that text, as long as there is one.
        """
        language = language_of(request)
        question = await self._understand(request, language)
        past = await self._recall(request, question, language)
        async with asyncio.TaskGroup() as both:
            looking = both.create_task(self._analyse(request))
            writing = both.create_task(self._write(request, question, language, avoid, wishes, past))
        analysis = looking.result()
        practices = practices_for(question.text, analysis)
        return replace(writing.result(), analysis=analysis, similar=past.similar, practices=practices)

    async def _write(
        self,
        request: ContactRequest,
        question: Question,
        language: Language,
        avoid: str | None,
        wishes: Wishes,
        past: Past,
    ) -> Suggestion:
        try:
            passages = await self._knowledge.search(
                request.base, question.lookup, _PASSAGES, "agent", request.contact_names
            )
        except KnowledgeUnavailable:
            text = phrase("suggestions_off", language)
            return Suggestion(text, 0.0, language, found=False, unavailable=True)
        drafted = await self._drafted(request, question, passages, language, avoid, wishes, past)
        internal = [passage for passage in passages if passage.visibility == "internal"][:_BACKGROUND]
        background = tuple(extract(question.text, passage) for passage in internal)
        return replace(drafted or _quoted(question, passages, language, avoid), background=background)

    async def _drafted(
        self,
        request: ContactRequest,
        question: Question,
        passages: Sequence[Passage],
        language: Language,
        avoid: str | None,
        wishes: Wishes,
        past: Past,
    ) -> Suggestion | None:
        shown = shown_passages(passages)
        if self._ask is None or not shown:
            return None
        hidden = Placeholders(request.contact_names)
        prompt = draft_prompt(request, question, shown, language, wishes, avoid, past)
        prompt = replace(prompt, data=hidden.hide_in(prompt.data))
        try:
            asked = await self._ask(prompt, Draft, circumstances_of(request, question.text))
        except ModelFailed:
            return None
        text = checked_draft(
            hidden.show(asked.answer.text), given_text(request, shown, wishes.custom_prompt or "")
        )
        used = tuple(Used(passage=one.passage, quote=hidden.show(one.quote)) for one in asked.answer.used)
        citations = cited(used, shown)
        if text is None or not citations:
            return None
        quoted = {citation.chunk_id for citation in citations}
        best = max(one.score.confidence for one in shown.values() if one.chunk_id in quoted)
        confidence = combined(best, len(citations) / max(len(citations), len(set(used))))
        return Suggestion(text, confidence, language, found=True, citations=citations, engine="model")

    async def _recall(self, request: ContactRequest, question: Question, language: Language) -> Past:
        """What earlier work says; a store that is away costs that alone. What model reads it must know the
        practices before the message is analysed: rules see enough for them.
        """
        seen = by_rules(question.text)
        practices = practices_for(question.text, seen)
        if self._past is None:
            return Past(practices=practices)
        try:
            edited = await self._past.edited(request.base, _STYLE_EXAMPLES)
            well = await self._past.ended_well(request.base, request.department, _MOST_PAST)
        except TransientError:
            return Past(practices=practices)
        others = [one for one in well if one.conversation_id != request.conversation_id]
        style = tuple(StyleExample(one.proposed[:MOST_EXAMPLE], one.sent[:MOST_EXAMPLE]) for one in edited)
        similar = tuple(alike(question.text, seen.intent, language, others, _SIMILAR))
        return Past(style, similar, practices)

    async def _analyse(self, request: ContactRequest) -> MessageAnalysis:
        text = request.message.text
        if self._ask is None or not text.strip():
            return by_rules(text)
        hidden = Placeholders(request.contact_names)
        prompt = analysis_prompt(text[:4_000])
        prompt = replace(prompt, data=hidden.hide_in(prompt.data))
        try:
            asked = await self._ask(prompt, MessageAnalysis, circumstances_of(request, text))
        except ModelFailed:
            return by_rules(text)
        entities = tuple(
            one.model_copy(update={"text": hidden.show(one.text)}) for one in asked.answer.entities
        )
        return checked(asked.answer.model_copy(update={"entities": entities}), text)


def _quoted(
    question: Question, passages: Sequence[Passage], language: Language, avoid: str | None
) -> Suggestion:
    """The best public passage's own words, another one's than those to avoid."""
    public = [passage for passage in passages if passage.visibility == "public"]
    others = [passage for passage in public if extract(question.text, passage).quote != avoid]
    best = next(iter(others or public), None)
    if best is None:
        return Suggestion(phrase("nothing_to_suggest", language), 0.0, language, found=False)
    citation = extract(question.text, best)
    return Suggestion(citation.quote, best.score.confidence, language, found=True, citations=(citation,))
