"""The engine with a model: it reads the passages, and sees no personal data."""

from collections.abc import Mapping
from dataclasses import replace

from services.ai.domain.contact_requests import ContactRequest
from services.ai.domain.decisions import Decision
from services.ai.domain.languages import Language
from services.ai.domain.model_calls import Circumstances
from services.ai.domain.passages import Passage
from services.ai.domain.personal_data import Placeholders
from services.ai.domain.prompts import answer_prompt
from services.ai.domain.questions import Question
from services.ai.domain.routing import complexity_of
from services.ai.use_cases.engines import Ask


def circumstances_of(request: ContactRequest, question: str) -> Circumstances:
    """What routing and budgets go by."""
    complexity = complexity_of(question, len(request.turns))
    return Circumstances(
        request.account_id,
        request.conversation_id,
        request.contact_value,
        complexity,
        request.chatbot.id,
    )


class ModelEngine:
    """Asks the model that the routing table says for answers."""

    reads = True

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def decide(
        self,
        request: ContactRequest,
        question: Question,
        shown: Mapping[str, Passage],
        language: Language,
    ) -> Decision:
        """The model's decision, with the personal data back in its place. Raises ModelFailed."""
        hidden = Placeholders(request.contact_names)
        prompt = answer_prompt(request, question, shown, language)
        prompt = replace(prompt, data=hidden.hide_in(prompt.data))
        asked = await self._ask(prompt, Decision, circumstances_of(request, question.text))
        decision = asked.answer
        return decision.model_copy(
            update={
                "question": hidden.show(decision.question),
                "claims": tuple(
                    claim.model_copy(
                        update={"text": hidden.show(claim.text), "quote": hidden.show(claim.quote)}
                    )
                    for claim in decision.claims
                ),
            }
        )
