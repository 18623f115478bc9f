"""The engine without a model: the best passage's own words, where they are sure enough."""

from collections.abc import Mapping

from services.ai.domain.contact_requests import ContactRequest
from services.ai.domain.decisions import Claim, Decision
from services.ai.domain.extraction import extract
from services.ai.domain.grounding import Thresholds, confidence_of
from services.ai.domain.languages import Language
from services.ai.domain.passages import Passage
from services.ai.domain.questions import Question


class ExtractiveEngine:
    """Quotes or asks back; it never hands over by itself."""

    reads = False

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds

    async def decide(
        self,
        request: ContactRequest,  # noqa: ARG002 - the port's
        question: Question,
        shown: Mapping[str, Passage],
        language: Language,
    ) -> Decision:
        """A quote of the best passage as the only claim."""
        key, best = next(iter(shown.items()))
        if confidence_of(question, best, language) < self._thresholds.answer:
            return Decision(kind="clarify")
        quote = extract(question.text, best).quote
        return Decision(kind="answer", claims=(Claim(text=quote, passage=key, quote=quote),))
