"""What is asked of the store of documents before anything is told from the index."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from services.ai.domain.documents import KnowledgeBase, Visibility
from services.ai.domain.passages import Audience, Passage


class Current(NamedTuple):
    """A document as it is now."""

    revision: int
    visibility: Visibility


class CurrentDocuments(Protocol):
    """Part of the store of documents."""

    async def current(self, base: KnowledgeBase, document_ids: Collection[str]) -> Mapping[str, Current]:
        """Those of one knowledge base that are not removed, by id."""
        ...


class Standing(Protocol):
    """Tells what may still be told from what no longer may."""

    async def stands(
        self, base: KnowledgeBase, passages: Sequence[Passage], audience: Audience = "visitor"
    ) -> bool:
        """Whether each of these is of its document as it is now, and for this audience."""
        ...
