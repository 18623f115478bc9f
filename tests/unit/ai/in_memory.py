"""Fakes of the AI service's ports, which keep to the same contract as the real ones."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace

from services.ai.domain.bm25 import Corpus, term_weights
from services.ai.domain.documents import Chunk, Document, DocumentKey, KnowledgeBase
from services.ai.domain.passages import Audience, Passage, Score
from services.ai.domain.terms import ChunkTerms, chunk_terms
from services.ai.domain.weighing import weigh_query
from services.ai.use_cases.current_ports import Current
from services.ai.use_cases.ports import KnowledgeUnavailable


@dataclass
class _Entry:
    document: Document
    chunks: list[tuple[Chunk, ChunkTerms]]


class InMemoryKnowledge:
    """BM25 over all chunks, one by one."""

    def __init__(self) -> None:
        self.entries: dict[DocumentKey, _Entry] = {}
        self.searches: list[str] = []
        self.flushed = 0
        self.is_down = False

    async def add_document(self, document: Document, chunks: Sequence[Chunk]) -> None:
        self.entries.pop(document.key, None)
        if chunks:
            analysed = [(chunk, chunk_terms(chunk, document.language)) for chunk in chunks]
            self.entries[document.key] = _Entry(document, analysed)

    async def remove_document(self, key: DocumentKey) -> None:
        self.entries.pop(key, None)

    async def search(
        self,
        base: KnowledgeBase,
        query: str,
        limit: int,
        audience: Audience = "visitor",
        names: Sequence[str] = (),  # noqa: ARG002 - nothing here embeds
    ) -> list[Passage]:
        if self.is_down:
            raise KnowledgeUnavailable
        self.searches.append(query)
        mine = [entry for key, entry in self.entries.items() if key.base == base]
        corpus = Corpus()
        for entry in mine:
            for _, terms in entry.chunks:
                corpus.add(terms.distinct, terms.lengths, entry.document.language)
        weighted = weigh_query(query, corpus)
        found: list[Passage] = []
        for entry in mine:
            if audience == "visitor" and entry.document.visibility == "internal":
                continue
            for chunk, terms in entry.chunks:
                weights = term_weights(terms, corpus.means)
                score = sum(weight * weights.get(term, 0.0) for term, weight in weighted.weights.items())
                if score > 0 and weighted.is_met_by(weights):
                    found.append(_passage(entry.document, chunk, Score(score, weighted.mass)))
        return sorted(found, key=lambda passage: -passage.score.lexical)[:limit]

    async def count(self, base: KnowledgeBase) -> int:
        if self.is_down:
            raise KnowledgeUnavailable
        return sum(len(entry.chunks) for key, entry in self.entries.items() if key.base == base)

    async def flush(self) -> None:
        self.flushed += 1

    async def revisions(self) -> dict[DocumentKey, int]:
        return {key: entry.document.revision for key, entry in self.entries.items()}


def _passage(document: Document, chunk: Chunk, score: Score) -> Passage:
    return Passage(
        document_id=document.id,
        chunk_id=chunk.id,
        title=chunk.title,
        headings=chunk.headings,
        text=chunk.text,
        visibility=document.visibility,
        language=document.language,
        score=score,
        revision=document.revision,
    )


class InMemoryDocuments:
    """One counter of revisions, as the port asks for."""

    def __init__(self) -> None:
        self.stored: dict[DocumentKey, Document] = {}
        self.reads: list[DocumentKey] = []
        self.wanted_generation = 0
        self._last = 0

    async def save(self, document: Document) -> Document:
        self._last += 1
        self.stored[document.key] = replace(document, revision=self._last)
        return self.stored[document.key]

    async def get(self, key: DocumentKey) -> Document | None:
        self.reads.append(key)
        return self.stored.get(key)

    async def list(self, base: KnowledgeBase, limit: int = 1_000) -> Sequence[Document]:
        mine = [one for one in self.stored.values() if one.base == base and not one.removed]
        return sorted(mine, key=lambda one: one.title)[:limit]

    async def page(self, base: KnowledgeBase, after: str | None, limit: int) -> Sequence[Document]:
        mine = [one for one in self.stored.values() if one.base == base and not one.removed]
        behind = (one for one in mine if after is None or one.id > after)
        return sorted(behind, key=lambda one: one.id)[:limit]

    async def with_phrasings(self, base: KnowledgeBase, start: str, limit: int) -> Sequence[Document]:
        mine = [one for one in self.stored.values() if one.base == base and one.phrasings]
        return sorted((one for one in mine if one.id >= start), key=lambda one: one.id)[:limit]

    async def count(self, base: KnowledgeBase) -> int:
        return sum(one.base == base and not one.removed for one in self.stored.values())

    async def current(self, base: KnowledgeBase, document_ids: Collection[str]) -> dict[str, Current]:
        mine = (one for one in self.stored.values() if one.base == base and not one.removed)
        return {one.id: Current(one.revision, one.visibility) for one in mine if one.id in document_ids}

    async def revisions(self) -> dict[DocumentKey, int]:
        return {key: one.revision for key, one in self.stored.items() if not one.removed}

    async def generation(self) -> int:
        return self.wanted_generation

    async def next_generation(self) -> int:
        self.wanted_generation += 1
        return self.wanted_generation

    async def last_revision(self) -> int:
        return self._last

    async def changed_since(self, revision: int) -> AsyncIterator[Document]:
        for document in sorted(self.stored.values(), key=lambda one: one.revision):
            if document.revision > revision:
                yield document
