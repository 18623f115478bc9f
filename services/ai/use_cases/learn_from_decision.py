"""An agent approved, changed or rejected a suggestion: its article learns the question, or does not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from services.ai.domain.contact_requests import ContactRequest
from services.ai.domain.documents import DocumentKey, KnowledgeBase, Phrasing
from services.ai.domain.learning import Outcome, Proposal, may_be_learnt, still_says
from services.ai.domain.questions import question_of
from services.ai.use_cases.learn_phrasing import ForgetPhrasing, LearnPhrasing


class Proposals(Protocol):
    """Suggestions that were made, and what became of them."""

    async def put(self, proposal: Proposal) -> None:
        """Keep one, new or not."""
        ...

    async def get(self, account_id: str, proposal_id: str) -> Proposal | None:
        """One of an account."""
        ...

    async def of_conversations(self, account_id: str, conversation_ids: Sequence[str]) -> Sequence[Proposal]:
        """Those made in these conversations."""
        ...

    async def forget(self, account_id: str, conversation_ids: Sequence[str]) -> None:
        """Delete those made in these conversations."""
        ...


class RememberProposal:
    """Keeps the question of a suggestion until it is decided on; of one that is not to be learnt, none."""

    def __init__(self, proposals: Proposals, now: Callable[[], datetime]) -> None:
        self._proposals = proposals
        self._now = now

    async def __call__(self, request: ContactRequest, proposal_id: str, language: str) -> None:
        """A repeat keeps what became of the first."""
        if await self._proposals.get(request.account_id, proposal_id) is not None:
            return
        question = question_of(request, language).text
        await self._proposals.put(
            Proposal(
                proposal_id,
                request.account_id,
                request.chatbot.id,
                request.conversation_id,
                question if may_be_learnt(question, request.contact_names) else "",
                language,
                self._now(),
            )
        )


class LearnFromDecision:
    """Only what the agent sent teaches, and only documents that it quoted. A repeat changes nothing."""

    def __init__(self, proposals: Proposals, learn: LearnPhrasing) -> None:
        self._proposals = proposals
        self._learn = learn

    async def __call__(
        self,
        account_id: str,
        proposal_id: str,
        outcome: Outcome,
        quotes: Sequence[tuple[str, str]] = (),
        sent: str = "",
    ) -> None:
        """``quotes`` are document ids with what was quoted of them, ``sent`` what went to the contact."""
        proposal = await self._proposals.get(account_id, proposal_id)
        if proposal is None:
            return
        base = KnowledgeBase(account_id, proposal.chatbot_id)
        learnt = list(proposal.learnt)
        for document_id, quote in quotes:
            if proposal.question and still_says(sent, quote, proposal.language):
                phrasing = Phrasing(proposal.question, quote)
                if await self._learn(DocumentKey(base, document_id), phrasing) and document_id not in learnt:
                    learnt.append(document_id)
        await self._proposals.put(replace(proposal, outcome=outcome, learnt=tuple(learnt)))


class Unlearn:
    """A person is erased: what their questions taught is taken back, and the questions are deleted."""

    def __init__(self, proposals: Proposals, forget: ForgetPhrasing) -> None:
        self._proposals = proposals
        self._forget = forget

    async def __call__(self, account_id: str, conversation_ids: Sequence[str]) -> None:
        """Doing it twice changes nothing."""
        for proposal in await self._proposals.of_conversations(account_id, conversation_ids):
            base = KnowledgeBase(account_id, proposal.chatbot_id)
            for document_id in proposal.learnt:
                await self._forget(DocumentKey(base, document_id), proposal.question)
        await self._proposals.forget(account_id, conversation_ids)
