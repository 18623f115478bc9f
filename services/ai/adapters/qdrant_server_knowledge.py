"""The knowledge port on a Qdrant server, which all replicas share.

A collection belongs to one form of the terms and one embedding model: another one is another collection,
filled beside the old, which goes on to serve the replicas that know it. That is how an index is renewed
without a pause. The first replica to come writes a document; the others find its revision there.

Rarity is counted per knowledge base, as in the embedded engine, from the stored vectors. Each replica does so
for itself, and again when a document of the base has changed: at once where it is small, otherwise once a
minute, because a rarity that is a minute old decides the same.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, Self, TypeVar, cast
from zlib import crc32

from qdrant_client import AsyncQdrantClient
from qdrant_client import models as server

from libs.runtime.logs import get_logger
from services.ai.adapters.chunk_payloads import (
    DENSE,
    STATISTICS,
    VECTOR,
    chunk_of,
    document_key,
    embedded_text,
    list_of,
    passage_of,
    payload_of,
    point_id,
)
from services.ai.adapters.question_vectors import QuestionVectors
from services.ai.domain.bm25 import Corpus, MeanLengths, term_weights
from services.ai.domain.documents import Chunk, Document, DocumentKey, KnowledgeBase
from services.ai.domain.fusion import FUSED, fuse
from services.ai.domain.passages import Audience, Passage, Score
from services.ai.domain.terms import Lengths, chunk_terms, is_word
from services.ai.domain.weighing import weigh_query
from services.ai.use_cases.embedding_ports import Embedder
from services.ai.use_cases.ports import KnowledgeUnavailable

_T = TypeVar("_T")
_FORMAT: Final = "parley-lexical-2"
_PAGE: Final = 200
_WRITE_SECONDS: Final = 60.0
_SMALL: Final = 2_000  # chunks, which are counted in some 0.2 s
_RECOUNTED_EVERY: Final = 60.0
_MOST_DRIFT: Final = 0.05  # as in the embedded engine
_EMBEDDED_AT_ONCE: Final = 64

_log = get_logger(__name__)


@dataclass(slots=True)
class _Base:
    """A knowledge base as it was counted; ``weighed_with`` is None where its chunks' weights differ."""

    corpus: Corpus
    weighed_with: MeanLengths | None
    counted_at: float
    has_changed: bool = False

    @property
    def is_stale(self) -> bool:
        small = self.corpus.chunks < _SMALL
        return self.has_changed and (small or monotonic() - self.counted_at > _RECOUNTED_EVERY)


class QdrantServerKnowledge:
    """Begin with ``prepare``, end with ``close``. ``search_seconds`` is the longest a question may take."""

    def __init__(
        self,
        client: AsyncQdrantClient,
        collection: str,
        embedder: Embedder | None,
        search_seconds: float,
        most_bases: int,
    ) -> None:
        self._client = client
        self._collection = collection
        self._embedder = embedder
        self._vectors = QuestionVectors(embedder)
        self._search_seconds = search_seconds
        self._most_bases = most_bases
        self._bases: OrderedDict[KnowledgeBase, _Base] = OrderedDict()
        self._counting = asyncio.Lock()
        self._writing = asyncio.Lock()

    @classmethod
    def at(
        cls,
        client: AsyncQdrantClient,
        *,
        embedder: Embedder | None = None,
        generation: int = 0,
        search_seconds: float = 5.0,
        most_bases: int = 1_000,
    ) -> Self:
        """On this server; ``prepare`` it before anything else."""
        model = f"-{crc32(embedder.name.encode()):08x}-{embedder.dimension}" if embedder else ""
        renewed = f"-g{generation}" if generation else ""
        return cls(client, f"{_FORMAT}{model}{renewed}", embedder, search_seconds, most_bases)

    async def prepare(self) -> None:
        """Find the collection, or create it. Raises KnowledgeUnavailable."""
        await self._run(self._prepare(), _WRITE_SECONDS)

    async def close(self) -> None:
        """Let go of the server."""
        await self._vectors.close()
        await self._client.close()

    async def add_document(self, document: Document, chunks: Sequence[Chunk]) -> None:
        """Index a version of a document in place of the one before, which is found until the new one is."""
        async with self._writing:
            if not await self._run(self._has(document, len(chunks)), _WRITE_SECONDS):
                base = await self._base(document.base)
                await self._run(self._put(document, chunks, base), _WRITE_SECONDS)
            await self._changed(document.base)

    async def remove_document(self, key: DocumentKey) -> None:
        """Forget a document."""
        async with self._writing:
            await self._run(self._delete(_of_document(key)), _WRITE_SECONDS)
            await self._changed(key.base)

    async def search(
        self,
        base: KnowledgeBase,
        query: str,
        limit: int,
        audience: Audience = "visitor",
        names: Sequence[str] = (),
    ) -> list[Passage]:
        """The best passages, best first. Where the embedding model is away, those that share words."""
        depth = limit if self._embedder is None else max(limit, FUSED)
        (lexical, mass), vector = await asyncio.gather(
            self._lexical(base, query, depth, audience), self._vectors.of(query, names)
        )
        if vector is None:
            return lexical[:limit]
        return fuse(lexical, await self._near(base, vector, mass, depth, audience), limit)

    @property
    def is_meaning_away(self) -> bool:
        """Whether the embedding model gave no vector of late."""
        return self._vectors.is_away

    async def embed_waiting(self) -> int:
        """Give some chunks their dense vectors; how many waited. Raises EmbeddingUnavailable."""
        if self._embedder is None:
            return 0
        chosen = server.Filter(must=[_is("embedded", "no")])
        records, _ = await self._run(
            self._client.scroll(self._collection, chosen, limit=_EMBEDDED_AT_ONCE, with_payload=True),
            _WRITE_SECONDS,
        )
        if records:
            vectors = await self._embedder.embed([embedded_text(record.payload or {}) for record in records])
            async with self._writing:
                await self._run(self._put_vectors(records, vectors), _WRITE_SECONDS)
        return len(records)

    async def revisions(self) -> dict[DocumentKey, int]:
        """The indexed revision of each document, read from its first chunk."""
        first = server.Filter(must=[server.FieldCondition(key="ordinal", match=server.MatchValue(value=0))])
        fields = ["account_id", "chatbot_id", "document_id", "revision"]
        return {
            document_key(payload): int(payload["revision"])
            async for record in self._scroll(first, fields)
            if (payload := record.payload)
        }

    async def count(self, base: KnowledgeBase) -> int:
        """How many chunks of a knowledge base are indexed."""
        found = await self._run(
            self._client.count(self._collection, server.Filter(must=_of_base(base))), self._search_seconds
        )
        return int(found.count)

    async def ping(self) -> None:
        """Raise KnowledgeUnavailable unless the server answers."""
        await self._run(self._client.collection_exists(self._collection), self._search_seconds)

    async def flush(self) -> None:
        """Nothing to do: what the server has said yes to, it keeps."""

    async def _prepare(self) -> None:
        if await self._client.collection_exists(self._collection):
            return
        dense = (
            {DENSE: server.VectorParams(size=self._embedder.dimension, distance=server.Distance.COSINE)}
            if self._embedder
            else {}
        )
        try:
            await self._client.create_collection(
                self._collection,
                vectors_config=dense,
                sparse_vectors_config={VECTOR: server.SparseVectorParams()},
            )
        except Exception:
            # Another replica was faster.
            if not await self._client.collection_exists(self._collection):
                raise
        for field in ("account_id", "chatbot_id", "document_id", "visibility", "embedded"):
            schema = server.KeywordIndexParams(
                type=server.KeywordIndexType.KEYWORD, is_tenant=field in ("account_id", "chatbot_id")
            )
            await self._client.create_payload_index(self._collection, field, schema)

    async def _has(self, document: Document, chunks: int) -> bool:
        revision = server.FieldCondition(key="revision", match=server.MatchValue(value=document.revision))
        wanted = server.Filter(must=[*_of_document(document.key), revision])
        found = await self._client.count(self._collection, wanted)
        return bool(found.count == chunks > 0)

    async def _put(self, document: Document, chunks: Sequence[Chunk], base: _Base) -> None:
        analysed = [(chunk, chunk_terms(chunk, document.language)) for chunk in chunks]
        if not base.corpus.chunks:
            for _, terms in analysed:
                base.corpus.add(terms.distinct, terms.lengths, document.language)
        means = base.weighed_with or base.corpus.means
        points = [
            server.PointStruct(
                id=point_id(document, chunk),
                vector={VECTOR: _sparse(term_weights(terms, means))},
                payload=payload_of(document, chunk, terms, means),
            )
            for chunk, terms in analysed
        ]
        for at in range(0, len(points), _PAGE):
            await self._client.upsert(self._collection, points[at : at + _PAGE], wait=True)
        if not chunks:
            await self._delete(_of_document(document.key))
            return
        older = server.FieldCondition(
            key="revision", match=server.MatchExcept(**{"except": [document.revision]})
        )
        await self._delete([*_of_document(document.key), older])

    async def _delete(self, must: list[Any]) -> None:
        selector = server.FilterSelector(filter=server.Filter(must=must))
        await self._client.delete(self._collection, selector, wait=True)

    async def _changed(self, base_id: KnowledgeBase) -> None:
        """Count anew where that is due, and weigh anew where the mean lengths have moved."""
        known = self._bases.get(base_id)
        if known is not None:
            known.has_changed = True
        base = await self._base(base_id)
        if not base.corpus.chunks:
            return
        if base.weighed_with is None or base.corpus.means.drift(base.weighed_with) > _MOST_DRIFT:
            await self._reweigh(base_id, base)

    async def _reweigh(self, base_id: KnowledgeBase, base: _Base) -> None:
        means = base.corpus.means
        chosen = server.Filter(must=_of_base(base_id))
        page: list[server.Record] = []
        async for record in self._scroll(chosen, True):
            page.append(record)
            if len(page) == _PAGE:
                await self._run(self._weigh(page, means), _WRITE_SECONDS)
                page = []
        if page:
            await self._run(self._weigh(page, means), _WRITE_SECONDS)
        base.weighed_with = means

    async def _weigh(self, records: Sequence[server.Record], means: MeanLengths) -> None:
        vectors = []
        for record in records:
            payload = record.payload or {}
            weights = term_weights(chunk_terms(chunk_of(payload), payload["language"]), means)
            vectors.append(server.PointVectors(id=record.id, vector={VECTOR: _sparse(weights)}))
        await self._client.update_vectors(self._collection, vectors, wait=True)
        ids = [record.id for record in records]
        await self._client.set_payload(self._collection, {"means": list_of(means)}, points=ids, wait=True)

    async def _put_vectors(self, records: Sequence[server.Record], vectors: Sequence[list[float]]) -> None:
        """But for chunks that were replaced meanwhile."""
        now = await self._client.retrieve(
            self._collection, [record.id for record in records], with_payload=["revision"]
        )
        revisions = {record.id: (record.payload or {})["revision"] for record in now}
        same = [
            server.PointVectors(id=record.id, vector={DENSE: vector})
            for record, vector in zip(records, vectors, strict=True)
            if revisions.get(record.id) == (record.payload or {})["revision"]
        ]
        if same:
            await self._client.update_vectors(self._collection, same, wait=True)
            ids = [one.id for one in same]
            await self._client.set_payload(self._collection, {"embedded": "yes"}, points=ids, wait=True)

    async def _lexical(
        self, base_id: KnowledgeBase, query: str, limit: int, audience: Audience
    ) -> tuple[list[Passage], float]:
        """Passages that share words, and what a full match would be worth."""
        weighted = weigh_query(query, (await self._base(base_id)).corpus)
        if not weighted.known and not weighted.unknown:
            return [], weighted.mass
        found = await self._run(
            self._client.query_points(
                self._collection,
                query=_sparse(weighted.weights),
                using=VECTOR,
                query_filter=_visible_to(base_id, audience),
                limit=limit,
                with_payload=True,
                with_vectors=[VECTOR],
            ),
            self._search_seconds,
        )
        passages = [
            passage_of(point.payload or {}, Score(point.score, weighted.mass))
            for point in found.points
            if weighted.is_met_by(_terms(point.vector))
        ]
        return passages, weighted.mass

    async def _near(
        self, base_id: KnowledgeBase, vector: list[float], mass: float, limit: int, audience: Audience
    ) -> list[Passage]:
        found = await self._run(
            self._client.query_points(
                self._collection,
                query=vector,
                using=DENSE,
                query_filter=_visible_to(base_id, audience),
                limit=limit,
                with_payload=True,
            ),
            self._search_seconds,
        )
        return [passage_of(point.payload or {}, Score(0.0, mass, point.score)) for point in found.points]

    async def _base(self, base_id: KnowledgeBase) -> _Base:
        known = self._bases.get(base_id)
        if known is not None and not known.is_stale:
            self._bases.move_to_end(base_id)
            return known
        async with self._counting:
            counted = await self._counted(base_id)
        self._bases[base_id] = counted
        while len(self._bases) > self._most_bases:
            self._bases.popitem(last=False)
        return counted

    async def _counted(self, base_id: KnowledgeBase) -> _Base:
        corpus = Corpus()
        weighed_with: set[tuple[float, ...]] = set()
        chosen = server.Filter(must=_of_base(base_id))
        started = monotonic()
        async for record in self._scroll(chosen, list(STATISTICS), with_vectors=[VECTOR]):
            payload = record.payload or {}
            words = [term for term in _terms(record.vector) if is_word(term)]
            corpus.add(words, Lengths(*payload["lengths"]), payload["language"])
            weighed_with.add(tuple(payload["means"]))
        alike = MeanLengths(*weighed_with.pop()) if len(weighed_with) == 1 else None
        return _Base(corpus, alike, started)

    async def _scroll(
        self, chosen: server.Filter, fields: list[str] | bool, *, with_vectors: list[str] | bool = False
    ) -> AsyncIterator[server.Record]:
        offset: Any = None
        while True:
            records, offset = await self._run(
                self._client.scroll(
                    self._collection,
                    chosen,
                    limit=_PAGE,
                    offset=offset,
                    with_payload=fields,
                    with_vectors=with_vectors,
                ),
                _WRITE_SECONDS,
            )
            for record in records:
                yield record
            if offset is None:
                return

    async def _run(self, work: Awaitable[_T], seconds: float) -> _T:
        try:
            async with asyncio.timeout(seconds):
                return await work
        except KnowledgeUnavailable:
            raise
        except Exception as error:  # the client raises many kinds
            _log.warning("the knowledge server gave no answer", error_type=type(error).__name__)
            raise KnowledgeUnavailable("the knowledge server gave no answer") from error


def _is(field: str, value: str) -> server.FieldCondition:
    return server.FieldCondition(key=field, match=server.MatchValue(value=value))


def _of_base(base: KnowledgeBase) -> list[Any]:
    """The conditions that hold a request within one knowledge base; no request goes without them."""
    return [_is("account_id", base.account_id), _is("chatbot_id", base.chatbot_id)]


def _of_document(key: DocumentKey) -> list[Any]:
    return [*_of_base(key.base), _is("document_id", key.document_id)]


def _visible_to(base: KnowledgeBase, audience: Audience) -> server.Filter:
    must = _of_base(base)
    if audience == "visitor":
        must.append(_is("visibility", "public"))
    return server.Filter(must=must)


def _sparse(weights: dict[int, float]) -> server.SparseVector:
    return server.SparseVector(indices=list(weights), values=list(weights.values()))


def _terms(vector: Any) -> list[int]:
    return list(cast("dict[str, server.SparseVector]", vector)[VECTOR].indices)
