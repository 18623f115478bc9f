"""Answer a contact's message from the chatbot's knowledge, or hand the conversation to people."""

from services.ai.domain.contact_requests import Answer, ContactRequest, Handoff, NoAnswer
from services.ai.domain.first_look import first_look, hand_off, language_of
from services.ai.domain.grounding import Thresholds, answer_from
from services.ai.domain.questions import question_of
from services.ai.use_cases.ports import Knowledge, KnowledgeUnavailable

_PASSAGES = 5  # the best one answers; the next stand in where the contact has just been told the first


class AnswerContact:
    """Decides in this order: asked for a person, rules, frustration, courtesies, what the knowledge holds."""

    def __init__(self, knowledge: Knowledge, thresholds: Thresholds) -> None:
        self._knowledge = knowledge
        self._thresholds = thresholds

    async def __call__(self, request: ContactRequest) -> Answer | Handoff | NoAnswer:
        """The decision. Where the engine gives no answer it is a handoff: nobody waits for it."""
        language = language_of(request)
        decided = first_look(request, language)
        if decided is not None:
            return decided
        question = question_of(request, language)
        try:
            passages = await self._knowledge.search(request.base, question.lookup, _PASSAGES)
        except KnowledgeUnavailable:
            return hand_off("ai_unavailable", language)
        return answer_from(request, question, passages, self._thresholds, language)
