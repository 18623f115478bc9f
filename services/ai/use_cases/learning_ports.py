"""What learning needs to have kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.ai.domain.documents import DocumentKey, KnowledgeBase
from services.ai.domain.learning import Ending, Learnt, Proposal
from services.ai.domain.votes import Vote


class Proposals(Protocol):
    """Answers and suggestions that were made, and what became of them."""

    async def put(self, proposal: Proposal) -> None:
        """Keep one, new or not."""
        ...

    async def get(self, account_id: str, proposal_id: str) -> Proposal | None:
        """One of an account."""
        ...

    async def of_conversations(self, account_id: str, conversation_ids: Sequence[str]) -> Sequence[Proposal]:
        """Those made in these conversations, the newest first."""
        ...

    async def end(
        self, account_id: str, conversation_id: str, ending: Ending, at: datetime, sequence: int
    ) -> None:
        """How the conversation of those made until then has ended, unless a later event has said so. What
        was confirmed is not assumed after that.
        """
        ...

    async def edited(self, base: KnowledgeBase, limit: int) -> Sequence[Proposal]:
        """Those that agents changed before they sent them, the newest first."""
        ...

    async def ended_well(self, base: KnowledgeBase, department: str | None, limit: int) -> Sequence[Proposal]:
        """Those that were sent, in conversations whose ending is confirmed or assumed, and that nobody
        disliked; of this department or of none, the newest first.
        """
        ...

    async def counts(self, base: KnowledgeBase, since: datetime) -> Learnt:
        """How many became of what, without votes."""
        ...

    async def forget(self, account_id: str, conversation_ids: Sequence[str]) -> None:
        """Delete those made in these conversations."""
        ...

    async def forget_some(self, base: KnowledgeBase, limit: int) -> int:
        """Delete at most ``limit`` of a knowledge base; how many there were to delete."""
        ...


class Votes(Protocol):
    """What people thought of answers."""

    async def put(self, vote: Vote) -> None:
        """Keep one in place of the one of that id."""
        ...

    async def remove(self, account_id: str, vote_id: str) -> None:
        """It is taken back; one that is not there is no error."""
        ...

    async def of_document(self, key: DocumentKey) -> Sequence[Vote]:
        """The newest on answers from a document."""
        ...

    async def of_base(self, base: KnowledgeBase, since: datetime | None = None) -> Sequence[Vote]:
        """The newest on answers from a knowledge base."""
        ...

    async def forget(self, account_id: str, conversation_ids: Sequence[str]) -> None:
        """Delete those on answers in these conversations."""
        ...

    async def forget_some(self, base: KnowledgeBase, limit: int) -> int:
        """Delete at most ``limit`` of a knowledge base; how many there were to delete."""
        ...
