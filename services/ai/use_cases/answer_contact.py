"""Answer a contact's message from the chatbot's knowledge, or hand the conversation to people."""

from collections.abc import Mapping
from typing import Final

from services.ai.domain.contact_requests import Answer, ContactRequest, Handoff, NoAnswer
from services.ai.domain.first_look import first_look, hand_off, language_of
from services.ai.domain.grounding import Grounds, Thresholds, confidence_of, fresh_passages
from services.ai.domain.languages import Language
from services.ai.domain.model_calls import ModelFailed
from services.ai.domain.passages import Passage
from services.ai.domain.prompts import shown_passages
from services.ai.domain.questions import Question
from services.ai.use_cases.current_ports import Standing
from services.ai.use_cases.engines import Engine
from services.ai.use_cases.extractive_engine import ExtractiveEngine
from services.ai.use_cases.ports import KnowledgeUnavailable, Search
from services.ai.use_cases.rewrite_question import Understand

#: Where a document changed while it was answered from, it is answered anew, once.
_LOOKS: Final = 2
_PASSAGES = 5  # the best one answers; the next stand in where the contact has just been told the first


class AnswerContact:
    """Decides in this order: asked for a person, rules, frustration, courtesies, no support twice, what the
    engine makes of the knowledge, the engine's failure.

    Without ``engine`` it is the extractive one. ``quotes_instead`` lets that one stand in for an engine that
    gives no answer, where it is sure enough; people take over otherwise. ``standing`` is asked before an
    answer goes out: a model may take seconds, in which a document can be taken away.
    """

    def __init__(
        self,
        knowledge: Search,
        thresholds: Thresholds,
        engine: Engine | None = None,
        *,
        understand: Understand | None = None,
        quotes_instead: bool = False,
        standing: Standing | None = None,
    ) -> None:
        self._understand = understand or Understand()
        self._knowledge = knowledge
        self._thresholds = thresholds
        self._extractive = ExtractiveEngine(thresholds)
        self._engine: Engine = engine or self._extractive
        self._quotes_instead = quotes_instead
        self._standing = standing

    async def __call__(self, request: ContactRequest) -> Answer | Handoff | NoAnswer:
        """The decision. Where an engine gives no answer it is a handoff: nobody waits for it."""
        language = language_of(request)
        decided = first_look(request, language)
        if decided is not None:
            return decided
        question = await self._understand(request, language)
        for _ in range(_LOOKS):
            decision, shown = await self._from_knowledge(request, question, language)
            if await self._still_stands(request, _told(decision, shown)):
                return decision
        return hand_off("not_covered", language)

    async def _still_stands(self, request: ContactRequest, told: list[Passage]) -> bool:
        return self._standing is None or await self._standing.stands(request.base, told)

    async def _from_knowledge(
        self, request: ContactRequest, question: Question, language: Language
    ) -> tuple[Answer | Handoff, Mapping[str, Passage]]:
        """The decision, and the passages that it was made from."""
        try:
            passages = await self._knowledge.search(
                request.base, question.lookup, _PASSAGES, names=request.contact_names
            )
        except KnowledgeUnavailable:
            return hand_off("ai_unavailable", language), {}
        shown = shown_passages(fresh_passages(request, passages))
        grounds = Grounds(request, question, shown, self._thresholds, language, reads=self._engine.reads)
        best = max((confidence_of(question, one, language) for one in shown.values()), default=0.0)
        if not shown or (grounds.asked_back_before and best < self._thresholds.clarify):
            return grounds.unsupported(), shown
        try:
            return grounds.settle(await self._engine.decide(request, question, shown, language)), shown
        except ModelFailed:
            return await self._without_model(grounds), shown

    async def _without_model(self, grounds: Grounds) -> Answer | Handoff:
        if self._quotes_instead:
            request, question, language = grounds.request, grounds.question, grounds.language
            decision = await self._extractive.decide(request, question, grounds.shown, language)
            if decision.kind == "answer":
                plain = Grounds(request, question, grounds.shown, self._thresholds, language)
                return plain.settle(decision)
        return hand_off("ai_unavailable", grounds.language)


def _told(decision: Answer | Handoff, shown: Mapping[str, Passage]) -> list[Passage]:
    """What the contact would be told of: what is quoted, or the nearest, whose subject a question names."""
    if isinstance(decision, Handoff):
        return []
    quoted = {one.chunk_id for one in decision.citations}
    return [one for one in shown.values() if one.chunk_id in quoted] or list(shown.values())[:1]
