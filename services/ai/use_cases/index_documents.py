"""Bring the index up to date with the store of documents."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.ai.domain.chunking import chunk_markdown
from services.ai.domain.documents import Chunk, Document, DocumentKey
from services.ai.domain.phrasings import placed
from services.ai.use_cases.ports import Documents, Knowledge

_MOST_UNFLUSHED: Final = 200  # documents; a crash before the flush has the index built anew


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """How far a run is: documents done of those that were found to differ."""

    done: int = 0
    total: int = 0

    @property
    def left(self) -> int:
        """Documents that wait."""
        return self.total - self.done


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What a run did: documents indexed and removed."""

    indexed: int = 0
    removed: int = 0


class IndexDocuments:
    """Keeps one index level with the store. One object an index; runs never overlap.

    The first run compares every document's revision, so it also repairs an index whose folder is old, half
    written or was filled by another store. Later ones read only what has changed since.
    """

    def __init__(
        self,
        documents: Documents,
        knowledge: Knowledge,
        report: Callable[["IndexProgress"], None] = lambda _: None,
    ) -> None:
        self._documents = documents
        self._knowledge = knowledge
        self._report = report
        self._indexed: dict[DocumentKey, int] = {}
        self.progress = IndexProgress()
        self._read_up_to: int | None = None
        self._unflushed = 0
        self._running = asyncio.Lock()

    async def __call__(self) -> IndexReport:
        """Run once: at start, upon each change of a document, now and then for changes nobody heard of."""
        async with self._running:
            if self._read_up_to is None:
                report = await self._compare_all()
            else:
                report = await self._follow(self._read_up_to)
            await self._flush_if_due(report.indexed + report.removed)
            return report

    def start_over(self) -> None:
        """Compare all again with the next run: the index has become another one."""
        self._read_up_to = None

    async def _flush_if_due(self, changed: int) -> None:
        """Flush once changes have paused, or have become many: not for each of a thousand uploads."""
        self._unflushed += changed
        if self._unflushed and (not changed or self._unflushed >= _MOST_UNFLUSHED):
            await self._knowledge.flush()
            self._unflushed = 0

    async def _compare_all(self) -> IndexReport:
        # Read before the comparison: what changes meanwhile is read again by the next run, and never missed.
        last = await self._documents.last_revision()
        stored = await self._documents.revisions()
        indexed = await self._knowledge.revisions()
        self._indexed = {key: revision for key, revision in indexed.items() if stored.get(key) == revision}
        stale = [key for key in indexed if key not in stored]
        for key in stale:
            await self._knowledge.remove_document(key)
        missing = [key for key, revision in stored.items() if indexed.get(key) != revision]
        count = 0
        for done, key in enumerate(missing):
            self._tell(done, len(missing))
            document = await self._documents.get(key)
            if document is not None:
                await self._index(document)
                count += 1
        self._tell(len(missing), len(missing))
        self._read_up_to = last
        return IndexReport(indexed=count, removed=len(stale))

    def _tell(self, done: int, total: int) -> None:
        self.progress = IndexProgress(done, total)
        if total:
            self._report(self.progress)

    def has(self, document: Document) -> bool:
        """Whether this version of a document is in the index; one without text has nothing there."""
        return self._indexed.get(document.key) == document.revision

    async def _follow(self, revision: int) -> IndexReport:
        indexed = removed = 0
        async for document in self._documents.changed_since(revision):
            await self._index(document)
            self._read_up_to = document.revision
            indexed += not document.removed
            removed += document.removed
        return IndexReport(indexed=indexed, removed=removed)

    async def _index(self, document: Document) -> None:
        if document.removed:
            await self._knowledge.remove_document(document.key)
            self._indexed.pop(document.key, None)
            return
        # A large document takes tens of milliseconds to cut; the event loop has conversations to serve.
        chunks = await asyncio.to_thread(_chunks, document)
        await self._knowledge.add_document(document, chunks)
        self._indexed[document.key] = document.revision


def _chunks(document: Document) -> list[Chunk]:
    return placed(chunk_markdown(document.id, document.title, document.text), document.phrasings)
