"""A reader said what they think of an answer, or the conversation behind it ended."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from services.ai.domain.documents import KnowledgeBase
from services.ai.domain.learning import Ending
from services.ai.domain.votes import Vote
from services.ai.use_cases.cast_vote import CastVote
from services.ai.use_cases.learning_ports import Proposals


class LearnFromFeedback:
    """The newest answer of the conversation that quoted the same documents is the one that is meant."""

    def __init__(self, proposals: Proposals, vote: CastVote, now: Callable[[], datetime]) -> None:
        self._proposals = proposals
        self._vote = vote
        self._now = now

    async def __call__(
        self, base: KnowledgeBase, conversation_id: str, message_id: str, value: int, documents: Sequence[str]
    ) -> None:
        """``value`` is 1, -1, or 0 for feedback that is taken back."""
        quoted = tuple(dict.fromkeys(documents))
        if not quoted:
            return
        made = await self._proposals.of_conversations(base.account_id, [conversation_id])
        meant = next((one for one in made if one.sent and not set(quoted).isdisjoint(one.documents)), None)
        if meant is not None:
            await self._proposals.put(replace(meant, disliked=value < 0))
        question = meant.question if meant else ""
        vote = Vote(f"feedback:{message_id}", base, conversation_id, quoted, value, question, self._now())
        await self._vote(vote)


class LearnFromEnding:
    """How a conversation ended is kept with the answers that were given in it."""

    def __init__(self, proposals: Proposals) -> None:
        self._proposals = proposals

    async def __call__(
        self, account_id: str, conversation_id: str, ending: Ending, at: datetime, sequence: int
    ) -> None:
        """``sequence`` is the event's: an earlier one that comes later changes nothing."""
        await self._proposals.end(account_id, conversation_id, ending, at, sequence)
