"""What a chatbot knows, and how much of it can be found now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from services.ai.domain.documents import Document, DocumentKey, KnowledgeBase
from services.ai.use_cases.index_documents import IndexDocuments
from services.ai.use_cases.ports import Documents, Knowledge, KnowledgeUnavailable

State = Literal["ready", "indexing", "off"]


class Listed(NamedTuple):
    """A document, and whether this version of it can be found."""

    document: Document
    is_indexed: bool


@dataclass(frozen=True, slots=True)
class Status:
    """Figures of one knowledge base; ``to_index`` counts documents of all of them."""

    state: State
    documents: int
    chunks: int
    to_index: int


class LookAtKnowledge:
    """Reads; "off" is told from "nothing there"."""

    def __init__(self, documents: Documents, knowledge: Knowledge, index: IndexDocuments) -> None:
        self._documents = documents
        self._knowledge = knowledge
        self._index = index

    async def page(self, base: KnowledgeBase, after: str | None, limit: int) -> Sequence[Listed]:
        """Documents by id, from the one behind ``after`` on."""
        return [self._listed(one) for one in await self._documents.page(base, after, limit)]

    async def document(self, key: DocumentKey) -> Listed | None:
        """One document, None where there is none or it was removed."""
        document = await self._documents.get(key)
        return None if document is None or document.removed else self._listed(document)

    async def status(self, base: KnowledgeBase) -> Status:
        """How it stands on this replica."""
        documents = await self._documents.count(base)
        left = self._index.progress.left
        try:
            chunks = await self._knowledge.count(base)
        except KnowledgeUnavailable:
            return Status("off", documents, 0, left)
        return Status("indexing" if left else "ready", documents, chunks, left)

    def _listed(self, document: Document) -> Listed:
        return Listed(document, self._index.has(document))
