"""The knowledge port on Qdrant's engine in this process (`qdrant-edge-py` 0.9.0).

The engine blocks its caller and does not say that it may be shared between threads, so one thread of its
own makes every call, in order. It lets go of the interpreter's lock while it searches: the event loop runs
on.
"""

import asyncio
import fcntl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self, TextIO, TypeVar

from libs.runtime.logs import get_logger
from services.ai.adapters.qdrant_edge_shard import QdrantEdgeShard
from services.ai.adapters.question_vectors import QuestionVectors
from services.ai.domain.documents import Chunk, Document, DocumentKey, KnowledgeBase
from services.ai.domain.fusion import FUSED, fuse
from services.ai.domain.passages import Audience, Passage
from services.ai.use_cases.embedding_ports import Embedder
from services.ai.use_cases.ports import KnowledgeUnavailable

_T = TypeVar("_T")
_log = get_logger(__name__)

# A document of a megabyte takes a second; opening counts nothing beforehand.
_WRITE_SECONDS: Final = 60.0
_EMBEDDED_AT_ONCE: Final = 64


class FolderInUse(RuntimeError):  # noqa: N818 - it names a state, as a caller reads it
    """Another process has this folder open; each replica needs one of its own."""


class QdrantEdgeKnowledge:
    """Open with ``open``, end with ``close``. ``search`` may be called while documents are added.

    Requests wait in the thread's queue, which is as long as callers are many: consumers' prefetch bounds it.
    """

    def __init__(
        self,
        executor: ThreadPoolExecutor,
        shard: QdrantEdgeShard,
        lock: TextIO,
        seconds: float,
        embedder: Embedder | None,
    ) -> None:
        self._embedder = embedder
        self._vectors = QuestionVectors(embedder)
        self._executor = executor
        self._shard = shard
        self._lock = lock
        self._search_seconds = seconds
        self._writing = asyncio.Lock()

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        search_seconds: float = 5.0,
        most_terms: int = 400_000,
        embedder: Embedder | None = None,
    ) -> Self:
        """Open the index in ``folder``, or create it; its content survives restarts.

        With an ``embedder`` passages are found by meaning, too; another one is another index.

        ``search_seconds`` is the longest a question may take, ``most_terms`` bounds the word frequencies in
        memory (some 100 bytes each). Raises FolderInUse.
        """
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="knowledge")
        loop = asyncio.get_running_loop()
        try:
            lock, shard = await loop.run_in_executor(executor, _opened, folder, most_terms, embedder)
        except BaseException:
            executor.shutdown(wait=False)
            raise
        return cls(executor, shard, lock, search_seconds, embedder)

    async def prepare(self) -> None:
        """Nothing to do: it is open."""

    async def close(self) -> None:
        """Flush and release the folder; calls after this raise KnowledgeUnavailable."""
        await self._vectors.close()
        try:
            await self._run(self._shard.close, _WRITE_SECONDS)
        finally:
            self._executor.shutdown(wait=False)
            self._lock.close()

    async def add_document(self, document: Document, chunks: Sequence[Chunk]) -> None:
        """Index a version of a document in place of the one before."""
        async with self._writing:
            if await self._run(lambda: self._shard.add(document, chunks), _WRITE_SECONDS):
                await self._reweigh(document.base)

    async def remove_document(self, key: DocumentKey) -> None:
        """Forget a document."""
        async with self._writing:
            if await self._run(lambda: self._shard.remove(key), _WRITE_SECONDS):
                await self._reweigh(key.base)

    async def search(
        self,
        base: KnowledgeBase,
        query: str,
        limit: int,
        audience: Audience = "visitor",
        names: Sequence[str] = (),
    ) -> list[Passage]:
        """The best passages, best first. Where the embedding model is away, those that share words."""
        if self._embedder is None:
            return await self._lexical(base, query, limit, audience)
        depth = max(limit, FUSED)
        lexical, vector = await asyncio.gather(
            self._lexical(base, query, depth, audience), self._vectors.of(query, names)
        )
        if vector is None:
            return lexical[:limit]
        near = await self._run(
            lambda: self._shard.search_near(base, vector, self._shard.mass(base, query), depth, audience),
            self._search_seconds,
        )
        return fuse(lexical, near, limit)

    @property
    def is_meaning_away(self) -> bool:
        """Whether the embedding model gave no vector of late."""
        return self._vectors.is_away

    async def embed_waiting(self) -> int:
        """Give some chunks their dense vectors; how many waited. Raises EmbeddingUnavailable."""
        if self._embedder is None:
            return 0
        waiting = await self._run(lambda: self._shard.not_embedded(_EMBEDDED_AT_ONCE), _WRITE_SECONDS)
        if waiting:
            vectors = await self._embedder.embed([one.text for one in waiting])
            async with self._writing:
                await self._run(lambda: self._shard.put_vectors(waiting, vectors), _WRITE_SECONDS)
        return len(waiting)

    async def _lexical(
        self, base: KnowledgeBase, query: str, limit: int, audience: Audience
    ) -> list[Passage]:
        return await self._run(lambda: self._shard.search(base, query, limit, audience), self._search_seconds)

    async def revisions(self) -> dict[DocumentKey, int]:
        """The indexed revision of each document."""
        return await self._run(self._shard.revisions, _WRITE_SECONDS)

    async def count(self, base: KnowledgeBase) -> int:
        """How many chunks of a knowledge base are indexed."""
        return await self._run(lambda: self._shard.count(base), self._search_seconds)

    async def ping(self) -> None:
        """Raise KnowledgeUnavailable unless the engine answers."""
        await self.count(KnowledgeBase("readiness", "readiness"))

    async def flush(self) -> None:
        """Make what was indexed so far outlive the process."""
        async with self._writing:
            await self._run(self._shard.flush, _WRITE_SECONDS)

    async def _reweigh(self, base: KnowledgeBase) -> None:
        """Page by page, so that questions are answered in between."""
        means = await self._run(lambda: self._shard.means(base), _WRITE_SECONDS)
        offset = None
        while True:
            at = offset
            offset = await self._run(lambda at=at: self._shard.reweigh_page(base, means, at), _WRITE_SECONDS)  # type: ignore[misc]
            if offset is None:
                return

    async def _run(self, call: Callable[[], _T], seconds: float) -> _T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                return await loop.run_in_executor(self._executor, call)
        except Exception as error:  # the engine raises nothing more specific
            _log.warning("the knowledge engine gave no answer", exc_info=True)
            raise KnowledgeUnavailable("the knowledge engine gave no answer") from error


def _opened(folder: Path, most_terms: int, embedder: Embedder | None) -> tuple[TextIO, QdrantEdgeShard]:
    """The index with an open file that holds its folder, which the system lets go of even after a kill."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if embedder is None:
            return lock, QdrantEdgeShard(folder, most_terms)
        return lock, QdrantEdgeShard(folder, most_terms, embedder.dimension, embedder.name)
    except BlockingIOError as error:
        lock.close()
        raise FolderInUse(f"{folder} is in use by another process") from error
    except BaseException:
        lock.close()
        raise
