"""Propose a reply to an agent: always one, whatever the confidence, honest where nothing supports it."""

from services.ai.domain.contact_requests import ContactRequest, Suggestion
from services.ai.domain.extraction import extract
from services.ai.domain.first_look import language_of
from services.ai.domain.questions import question_of
from services.ai.domain.wording import phrase
from services.ai.use_cases.ports import Knowledge, KnowledgeUnavailable

_PASSAGES = 8
_BACKGROUND = 3


class DraftReply:
    """The text of a suggestion quotes public documents alone, because an agent may send it as it stands."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    async def __call__(self, request: ContactRequest, *, avoid: str | None = None) -> Suggestion:
        """The suggestion; where the engine gives no answer, one that says that. With `avoid` it is another
        one than that text, as long as there is one.
        """
        language = language_of(request)
        question = question_of(request, language)
        try:
            passages = await self._knowledge.search(request.base, question.lookup, _PASSAGES, "agent")
        except KnowledgeUnavailable:
            return Suggestion(
                phrase("suggestions_off", language), 0.0, language, found=False, unavailable=True
            )
        internal = [passage for passage in passages if passage.visibility == "internal"][:_BACKGROUND]
        background = tuple(extract(question.text, passage) for passage in internal)
        public = [passage for passage in passages if passage.visibility == "public"]
        others = [passage for passage in public if extract(question.text, passage).quote != avoid]
        best = next(iter(others or public), None)
        if best is None:
            return Suggestion(
                phrase("nothing_to_suggest", language), 0.0, language, found=False, background=background
            )
        citation = extract(question.text, best)
        return Suggestion(
            citation.quote,
            best.score.confidence,
            language,
            found=True,
            citations=(citation,),
            background=background,
        )
