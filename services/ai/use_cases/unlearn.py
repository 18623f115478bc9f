"""A person is erased: what their questions taught is taken back, and what was kept of them is deleted."""

from collections.abc import Sequence

from services.ai.domain.documents import DocumentKey
from services.ai.use_cases.learn_phrasing import ForgetPhrasing
from services.ai.use_cases.learning_ports import Proposals, Votes


class Unlearn:
    """Phrasings, proposals and votes of a person's conversations."""

    def __init__(self, proposals: Proposals, votes: Votes, forget: ForgetPhrasing) -> None:
        self._proposals = proposals
        self._votes = votes
        self._forget = forget

    async def __call__(self, account_id: str, conversation_ids: Sequence[str]) -> None:
        """Doing it twice changes nothing."""
        for proposal in await self._proposals.of_conversations(account_id, conversation_ids):
            for document_id in proposal.learnt:
                await self._forget(DocumentKey(proposal.base, document_id), proposal.question)
        await self._proposals.forget(account_id, conversation_ids)
        await self._votes.forget(account_id, conversation_ids)
