"""Keep what was asked and answered until it is known what becomes of it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.ai.domain.contact_requests import ContactRequest
from services.ai.domain.learning import Outcome, Proposal, kept_text, may_be_learnt
from services.ai.domain.questions import question_of
from services.ai.use_cases.learning_ports import Proposals


class RememberProposal:
    """Keeps an answer or a suggestion with its question; of a question that is not to be learnt, none."""

    def __init__(self, proposals: Proposals, now: Callable[[], datetime]) -> None:
        self._proposals = proposals
        self._now = now

    async def __call__(
        self,
        request: ContactRequest,
        proposal_id: str,
        language: str,
        text: str,
        *,
        documents: Sequence[str] = (),
        intent: str = "",
        outcome: Outcome = "proposed",
    ) -> None:
        """A repeat keeps what became of the first. ``answered`` says that the text was sent."""
        if await self._proposals.get(request.account_id, proposal_id) is not None:
            return
        question = question_of(request, language).text
        kept = kept_text(text, request.contact_names)
        await self._proposals.put(
            Proposal(
                proposal_id,
                request.account_id,
                request.chatbot.id,
                request.conversation_id,
                question if may_be_learnt(question, request.contact_names) else "",
                language,
                self._now(),
                outcome,
                proposed=kept,
                sent=kept if outcome == "answered" else "",
                documents=tuple(dict.fromkeys(documents)),
                intent=intent,
                department=request.department,
            )
        )
