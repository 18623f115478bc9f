"""An agent approved, changed or rejected a suggestion: its article learns the question, or loses by it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from services.ai.domain.documents import DocumentKey, Phrasing
from services.ai.domain.learning import Outcome, Proposal, kept_text, still_says
from services.ai.domain.votes import Vote
from services.ai.use_cases.cast_vote import CastVote
from services.ai.use_cases.learn_phrasing import LearnPhrasing
from services.ai.use_cases.learning_ports import Proposals


class LearnFromDecision:
    """Only what the agent sent teaches, and only documents that it quoted. A repeat changes nothing."""

    def __init__(
        self, proposals: Proposals, learn: LearnPhrasing, vote: CastVote, now: Callable[[], datetime]
    ) -> None:
        self._proposals = proposals
        self._learn = learn
        self._vote = vote
        self._now = now

    async def __call__(
        self,
        account_id: str,
        proposal_id: str,
        outcome: Outcome,
        quotes: Sequence[tuple[str, str]] = (),
        sent: str = "",
        names: tuple[str, ...] = (),
    ) -> None:
        """``quotes`` are document ids with what was quoted of them, ``sent`` what went to the contact,
        ``names`` what the contact is called.
        """
        proposal = await self._proposals.get(account_id, proposal_id)
        if proposal is None:
            return
        held = [(document, quote) for document, quote in quotes if still_says(sent, quote, proposal.language)]
        learnt = await self._learnt(proposal, held)
        changed = replace(proposal, outcome=outcome, learnt=learnt, sent=kept_text(sent, names))
        await self._proposals.put(changed)
        if outcome == "rejected":
            await self._cast(proposal, [document for document, _ in quotes], -1)
        else:
            await self._cast(proposal, [document for document, _ in held], 1)

    async def _learnt(self, proposal: Proposal, held: Sequence[tuple[str, str]]) -> tuple[str, ...]:
        learnt = list(proposal.learnt)
        for document_id, quote in held if proposal.question else ():
            phrasing = Phrasing(proposal.question, quote)
            if await self._learn(DocumentKey(proposal.base, document_id), phrasing):
                learnt.append(document_id)
        return tuple(dict.fromkeys(learnt))

    async def _cast(self, proposal: Proposal, documents: Sequence[str], value: int) -> None:
        if documents:
            await self._vote(
                Vote(
                    f"decision:{proposal.id}",
                    proposal.base,
                    proposal.conversation_id,
                    tuple(dict.fromkeys(documents)),
                    value,
                    proposal.question,
                    self._now(),
                )
            )
