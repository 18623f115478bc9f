"""How a chatbot's answers have fared of late."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from services.ai.domain.documents import KnowledgeBase
from services.ai.domain.learning import Learnt
from services.ai.domain.votes import total
from services.ai.use_cases.learning_ports import Proposals, Votes

#: What is counted.
LATELY: Final = timedelta(days=90)


class LookAtLearning:
    """Counts what became of answers and suggestions, how their conversations ended, and votes."""

    def __init__(self, proposals: Proposals, votes: Votes, now: Callable[[], datetime]) -> None:
        self._proposals = proposals
        self._votes = votes
        self._now = now

    async def __call__(self, base: KnowledgeBase) -> Learnt:
        """Of the last ninety days."""
        since = self._now() - LATELY
        counted = await self._proposals.counts(base, since)
        in_favour, against = total(await self._votes.of_base(base, since))
        return replace(counted, in_favour=in_favour, against=against)
