"""Renew an index while it serves: another generation is filled beside it, then takes its place."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from services.ai.domain.documents import Chunk, Document, DocumentKey, KnowledgeBase
from services.ai.domain.passages import Audience, Passage
from services.ai.use_cases.embedding_ports import EmbeddingUnavailable
from services.ai.use_cases.index_documents import IndexDocuments, IndexProgress
from services.ai.use_cases.ports import Documents, Knowledge, KnowledgeUnavailable


class Engine(Knowledge, Protocol):
    """An engine of retrieval, with what its place in the service needs."""

    @property
    def is_meaning_away(self) -> bool:
        """Whether its embedding model gives no vectors just now, so that words alone are compared."""
        ...

    async def prepare(self) -> None:
        """Make it ready."""
        ...

    async def embed_waiting(self) -> int:
        """Give some chunks their vectors; how many waited. Raises EmbeddingUnavailable."""
        ...

    async def ping(self) -> None:
        """Raise KnowledgeUnavailable unless it answers."""
        ...

    async def close(self) -> None:
        """Let go of it."""
        ...


class Generations:
    """The port `Knowledge` over the generation that serves. ``forget`` removes what is left of an old one.

    What changes in the store while a generation is filled is not told to it: whoever keeps the index level
    compares all once more after ``renew``.
    """

    def __init__(
        self,
        documents: Documents,
        open_generation: Callable[[int], Awaitable[Engine]],
        forget: Callable[[int], Awaitable[None]],
        report: Callable[[IndexProgress], None] = lambda _: None,
    ) -> None:
        self._documents = documents
        self._open = open_generation
        self._forget = forget
        self._report = report
        self._serving: Engine | None = None
        self._renewing = asyncio.Lock()
        self._filling: IndexDocuments | None = None
        self.number = 0

    async def start(self) -> None:
        """Open the generation that the store says is to serve."""
        self.number = await self._documents.generation()
        self._serving = await self._open(self.number)
        await self._serving.prepare()

    async def renew(self) -> bool:
        """Fill and serve a newer generation, if the store asks for one; whether it did."""
        async with self._renewing:
            number = await self._documents.generation()
            if number == self.number:
                return False
            coming = await self._open(number)
            try:
                await coming.prepare()
                self._filling = IndexDocuments(self._documents, coming, self._report)
                await self._filling()
                await _embed_all(coming)
                await coming.flush()
            except BaseException:
                await coming.close()
                raise
            finally:
                self._filling = None
            before, old = self._engine, self.number
            self._serving, self.number = coming, number
            await before.close()
            await self._forget(old)
            return True

    @property
    def is_meaning_away(self) -> bool:
        """Whether the embedding model of the one that serves is away."""
        return self._serving is not None and self._serving.is_meaning_away

    @property
    def filled(self) -> IndexProgress:
        """How far the generation is that is being built; nothing of nothing without one."""
        return self._filling.progress if self._filling else IndexProgress()

    async def close(self) -> None:
        """Let go of the one that serves."""
        if self._serving is not None:
            await self._serving.close()

    @property
    def _engine(self) -> Engine:
        if self._serving is None:
            raise KnowledgeUnavailable("retrieval has not started")
        return self._serving

    async def search(
        self,
        base: KnowledgeBase,
        query: str,
        limit: int,
        audience: Audience = "visitor",
        names: Sequence[str] = (),
    ) -> list[Passage]:
        """From the generation that serves; a question that its end cut off is asked of the next."""
        engine = self._engine
        try:
            return await engine.search(base, query, limit, audience, names)
        except KnowledgeUnavailable:
            if engine is self._engine:
                raise
            return await self._engine.search(base, query, limit, audience, names)

    async def add_document(self, document: Document, chunks: Sequence[Chunk]) -> None:
        """To the one that serves."""
        await self._engine.add_document(document, chunks)

    async def remove_document(self, key: DocumentKey) -> None:
        """From the one that serves."""
        await self._engine.remove_document(key)

    async def flush(self) -> None:
        """The one that serves."""
        await self._engine.flush()

    async def revisions(self) -> dict[DocumentKey, int]:
        """Of the one that serves."""
        return await self._engine.revisions()

    async def count(self, base: KnowledgeBase) -> int:
        """In the one that serves."""
        return await self._engine.count(base)

    async def embed_waiting(self) -> int:
        """In the one that serves."""
        return await self._engine.embed_waiting()

    async def ping(self) -> None:
        """The one that serves."""
        await self._engine.ping()


async def _embed_all(engine: Engine) -> None:
    """As far as the model is there: without it words are compared, as they are everywhere then."""
    try:
        while await engine.embed_waiting():
            pass
    except EmbeddingUnavailable:
        return
