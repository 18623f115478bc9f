"""Fakes of what learning has kept, which keep to the same contract as the real ones."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from libs.contracts.errors import ErrorCode, TransientError
from services.ai.domain.documents import DocumentKey, KnowledgeBase
from services.ai.domain.learning import Ending, Learnt, Proposal
from services.ai.domain.votes import Vote


class InMemoryProposals:
    """The port, for one process."""

    def __init__(self) -> None:
        self.rows: dict[str, Proposal] = {}
        self.is_down = False
        self._ended: dict[str, int] = {}

    async def put(self, proposal: Proposal) -> None:
        if self.is_down:
            raise TransientError(ErrorCode.UNAVAILABLE, "away")
        before = self.rows.get(proposal.id)
        self.rows[proposal.id] = replace(proposal, ending=before.ending if before else proposal.ending)

    async def get(self, account_id: str, proposal_id: str) -> Proposal | None:
        found = self.rows.get(proposal_id)
        return found if found and found.account_id == account_id else None

    async def of_conversations(self, account_id: str, conversation_ids: Sequence[str]) -> list[Proposal]:
        mine = [one for one in self.rows.values() if one.account_id == account_id]
        return _newest([one for one in mine if one.conversation_id in conversation_ids])

    async def end(
        self, account_id: str, conversation_id: str, ending: Ending, at: datetime, sequence: int
    ) -> None:
        for one in await self.of_conversations(account_id, [conversation_id]):
            is_known = ending == "assumed" and one.ending == "confirmed"
            if one.at <= at and self._ended.get(one.id, 0) < sequence and not is_known:
                self.rows[one.id] = replace(one, ending=ending)
                self._ended[one.id] = sequence

    async def edited(self, base: KnowledgeBase, limit: int) -> list[Proposal]:
        if self.is_down:
            raise TransientError(ErrorCode.UNAVAILABLE, "away")
        return _newest([one for one in self._of(base) if one.outcome == "edited"])[:limit]

    async def ended_well(self, base: KnowledgeBase, department: str | None, limit: int) -> list[Proposal]:
        if self.is_down:
            raise TransientError(ErrorCode.UNAVAILABLE, "away")
        well = [one for one in self._of(base) if one.sent and not one.disliked]
        well = [one for one in well if one.department in (None, department)]
        return _newest([one for one in well if one.ending in ("confirmed", "assumed")])[:limit]

    async def counts(self, base: KnowledgeBase, since: datetime) -> Learnt:
        recent = sorted((one for one in self._of(base) if one.at >= since), key=lambda one: one.at)
        last = {one.conversation_id: one.ending for one in recent}
        return Learnt(dict(Counter(one.outcome for one in recent)), dict(Counter(last.values())))

    async def forget(self, account_id: str, conversation_ids: Sequence[str]) -> None:
        for one in await self.of_conversations(account_id, conversation_ids):
            del self.rows[one.id]

    async def forget_some(self, base: KnowledgeBase, limit: int) -> int:
        found = self._of(base)[:limit]
        for one in found:
            del self.rows[one.id]
        return len(found)

    def _of(self, base: KnowledgeBase) -> list[Proposal]:
        return [one for one in self.rows.values() if one.base == base]


class InMemoryVotes:
    """The port, for one process."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Vote] = {}
        self.reads = 0
        self.is_down = False

    async def put(self, vote: Vote) -> None:
        self.rows[vote.base.account_id, vote.id] = vote

    async def remove(self, account_id: str, vote_id: str) -> None:
        self.rows.pop((account_id, vote_id), None)

    async def of_document(self, key: DocumentKey) -> list[Vote]:
        return [one for one in await self.of_base(key.base) if key.document_id in one.documents]

    async def of_base(self, base: KnowledgeBase, since: datetime | None = None) -> list[Vote]:
        if self.is_down:
            raise TransientError(ErrorCode.UNAVAILABLE, "away")
        self.reads += 1
        mine = [one for one in self.rows.values() if one.base == base]
        return sorted(
            (one for one in mine if since is None or one.at >= since), key=lambda one: one.at, reverse=True
        )

    async def forget(self, account_id: str, conversation_ids: Sequence[str]) -> None:
        for key, vote in list(self.rows.items()):
            if vote.base.account_id == account_id and vote.conversation_id in conversation_ids:
                del self.rows[key]

    async def forget_some(self, base: KnowledgeBase, limit: int) -> int:
        found = [key for key, vote in self.rows.items() if vote.base == base][:limit]
        for key in found:
            del self.rows[key]
        return len(found)


def _newest(found: list[Proposal]) -> list[Proposal]:
    return sorted(found, key=lambda one: one.at, reverse=True)
