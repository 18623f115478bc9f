"""The lexical index on disk: one shard of Qdrant's engine, and BM25's figures of each knowledge base.

Everything here blocks and belongs to one thread; ``qdrant_edge_knowledge`` gives it one.

One shard for all knowledge bases, filtered by account and chatbot in each request: 0.2 ms a question at
20,000 chunks of one tenant, 0.5 ms spread over 20, where a shard each would cost a thread pool and 15 MiB
of files apiece. Rarity is per knowledge base all the same. The engine could count it over a filter
(``IdfParams.corpus``, as fast), but it does not tell the sum of it, without which a score is no confidence;
so the frequencies are held here. They are not stored beside the index, where the two could come to differ,
but counted from its vectors when the index is opened (20 µs a chunk).

The engine's write-ahead log is off: it is never cut, 9 MiB for every 8,000 chunks written. What is not
flushed may be lost, which costs nothing, because the truth is in the store of documents. A mark on disk
says that something is not flushed; an index found with the mark, or that does not load, is thrown away and
built anew from the store.
"""

import shutil
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_OID, UUID, uuid5

import qdrant_edge as engine

from libs.runtime.logs import get_logger
from services.ai.domain.bm25 import ChunkTerms, Corpus, MeanLengths, chunk_terms, term_weights, weigh_query
from services.ai.domain.documents import Chunk, Document, DocumentKey, KnowledgeBase
from services.ai.domain.passages import Audience, Passage, Score

# Raise it whenever terms or weights are computed differently: an index of another format is built anew.
_FORMAT: Final = "lexical-1"
_VECTOR: Final = "lexical"
_PAGE: Final = 500
_PAGE_REWEIGHED: Final = 100  # some 10 ms, between which questions are answered
# Weights hold the mean lengths they were computed with. Within 5 % a score moves by at most 2 %.
_MOST_DRIFT: Final = 0.05

_PointId = int | str | UUID

_log = get_logger(__name__)


@dataclass(slots=True)
class _Base:
    """A knowledge base as the index has it; ``weighed_with`` is None where its chunks' weights differ."""

    corpus: Corpus
    weighed_with: MeanLengths | None


class QdrantEdgeShard:
    """Opens or creates the index under ``folder``; nobody else may have it open.

    ``most_terms`` bounds the word frequencies kept in memory, over all knowledge bases, at some 100 bytes
    each; the knowledge base that was asked longest ago is forgotten first, and counted again when it is
    asked.
    """

    def __init__(self, folder: Path, most_terms: int) -> None:
        self._path = folder / _FORMAT
        self._unflushed = folder / "unflushed"
        self._most_terms = most_terms
        self._bases: OrderedDict[KnowledgeBase, _Base] = OrderedDict()
        self._shard = self._open(folder)
        self._count_all()

    def _open(self, folder: Path) -> engine.EdgeShard:
        if self._path.exists() and not self._unflushed.exists():
            try:
                return engine.EdgeShard.load(str(self._path), _config())
            except Exception:  # noqa: BLE001 - the engine raises nothing more specific
                _log.warning("the index does not load and is built anew", exc_info=True)
        elif self._path.exists():
            _log.warning("the index was not closed while it was written and is built anew")
        for old in folder.glob("lexical-*"):
            shutil.rmtree(old)
        self._path.mkdir(parents=True)
        self._unflushed.touch()
        shard = engine.EdgeShard.create(str(self._path), _config())
        for field in ("account_id", "chatbot_id"):
            shard.update(
                engine.UpdateOperation.create_field_index(field, engine.KeywordIndexParams(is_tenant=True))
            )
        for field in ("document_id", "visibility"):
            shard.update(engine.UpdateOperation.create_field_index(field, engine.PayloadSchemaType.Keyword))
        shard.flush()
        self._unflushed.unlink()
        return shard

    def add(self, document: Document, chunks: Sequence[Chunk]) -> bool:
        """Put the chunks in place of the document's earlier ones; True where the base must be reweighed."""
        base = self._base(document.base)
        self._forget(document.key, base)
        analysed = [(chunk, chunk_terms(chunk, document.language)) for chunk in chunks]
        for _, terms in analysed:
            base.corpus.add(terms.distinct, terms.headings.total(), terms.text.total(), document.language)
        if base.weighed_with is None and base.corpus.chunks == len(chunks):
            base.weighed_with = base.corpus.means
        means = base.weighed_with or base.corpus.means
        if analysed:
            self._unflushed.touch()
            points = [_point(document, chunk, terms, means) for chunk, terms in analysed]
            self._shard.update(engine.UpdateOperation.upsert_points(points))
        return self._has_drifted(base)

    def remove(self, key: DocumentKey) -> bool:
        """Take a document's chunks away; True where the base must be reweighed."""
        base = self._base(key.base)
        self._forget(key, base)
        return self._has_drifted(base)

    def search(self, base_id: KnowledgeBase, query: str, limit: int, audience: Audience) -> list[Passage]:
        """The best passages for a question, best first."""
        corpus = self._base(base_id).corpus
        weighted = weigh_query(query, corpus)
        known = {term: weight for term, weight in weighted.weights.items() if term in corpus.frequencies}
        if not known:
            return []
        found = self._shard.query(
            engine.QueryRequest(
                limit=limit,
                query=engine.Query.Nearest(
                    engine.SparseVector(list(known), list(known.values())), using=_VECTOR
                ),
                filter=_visible(base_id, audience),
                with_payload=True,
            )
        )
        return [_passage(point.payload or {}, Score(point.score, weighted.mass)) for point in found]

    def revisions(self) -> dict[DocumentKey, int]:
        """The indexed revision of each document, read from its first chunk."""
        first = engine.Filter(must=[engine.FieldCondition("ordinal", match=engine.MatchValue(0))])
        fields = ["account_id", "chatbot_id", "document_id", "revision"]
        return {
            _key(payload): int(payload["revision"])
            for record in self._scroll(first, fields)
            if (payload := record.payload)
        }

    def reweigh_page(
        self, base_id: KnowledgeBase, means: MeanLengths, offset: _PointId | None
    ) -> _PointId | None:
        """Compute the weights of some chunks with ``means``; where to go on, or None when all are done."""
        self._unflushed.touch()
        records, offset = self._shard.scroll(
            engine.ScrollRequest(
                limit=_PAGE_REWEIGHED,
                offset=offset,
                filter=engine.Filter(must=_of(base_id)),
                with_payload=True,
            )
        )
        points = [_reweighed(record.id, record.payload or {}, means) for record in records]
        if points:
            self._shard.update(engine.UpdateOperation.upsert_points(points))
        if offset is None:
            self._base(base_id).weighed_with = means
        return offset

    def means(self, base_id: KnowledgeBase) -> MeanLengths:
        """The true mean lengths now."""
        return self._base(base_id).corpus.means

    def flush(self) -> None:
        """Write all to disk, and give the room of replaced chunks back where they are a fifth or more."""
        self._shard.optimize()
        self._shard.flush()
        self._unflushed.unlink(missing_ok=True)

    def close(self) -> None:
        """Flush and let go of the folder."""
        self.flush()
        self._shard.close()

    def _has_drifted(self, base: _Base) -> bool:
        if not base.corpus.chunks:
            base.weighed_with = None
            return False
        return base.weighed_with is None or base.corpus.means.drift(base.weighed_with) > _MOST_DRIFT

    def _forget(self, key: DocumentKey, base: _Base) -> None:
        mine = engine.Filter(
            must=[
                *_of(key.base),
                engine.FieldCondition("document_id", match=engine.MatchValue(key.document_id)),
            ]
        )
        records = list(self._scroll(mine, list(_STATISTICS), with_vector=True))
        for record in records:
            base.corpus.remove(*_statistics(record))
        if records:
            self._unflushed.touch()
            self._shard.update(engine.UpdateOperation.delete_points_by_filter(mine))

    def _base(self, base_id: KnowledgeBase) -> _Base:
        known = self._bases.get(base_id)
        if known is not None:
            self._bases.move_to_end(base_id)
            return known
        base = self._counted(base_id)
        self._bases[base_id] = base
        while len(self._bases) > 1 and self._terms_held() > self._most_terms:
            self._bases.popitem(last=False)
        return base

    def _count_all(self) -> None:
        """Count before the first question does, as far as there is room."""
        for base_id in {key.base for key in self.revisions()}:
            self._base(base_id)
            if self._terms_held() >= self._most_terms:
                return

    def _terms_held(self) -> int:
        return sum(len(base.corpus.frequencies) for base in self._bases.values())

    def _counted(self, base_id: KnowledgeBase) -> _Base:
        corpus = Corpus()
        weighed_with: set[tuple[float, float]] = set()
        for record in self._scroll(engine.Filter(must=_of(base_id)), list(_STATISTICS), with_vector=True):
            corpus.add(*_statistics(record))
            payload = record.payload or {}
            weighed_with.add((payload["mean_headings"], payload["mean_text"]))
        alike = MeanLengths(*weighed_with.pop()) if len(weighed_with) == 1 else None
        return _Base(corpus, alike)

    def _scroll(
        self, chosen: engine.Filter, fields: list[str], *, with_vector: bool = False
    ) -> Iterator[engine.Record]:
        offset: _PointId | None = None
        while True:
            records, offset = self._shard.scroll(
                engine.ScrollRequest(
                    limit=_PAGE, offset=offset, filter=chosen, with_payload=fields, with_vector=with_vector
                )
            )
            yield from records
            if offset is None:
                return


_STATISTICS: Final = ("heading_words", "text_words", "language", "mean_headings", "mean_text")


def _config() -> engine.EdgeConfig:
    return engine.EdgeConfig(
        # Up to this many chunks pass the filter, their vectors are read one by one; beyond, the inverted
        # index is faster: 0.6 ms against the 2.1 ms of the engine's own threshold of 5,000, for a tenant of
        # 1,000 chunks.
        sparse_vectors={_VECTOR: engine.EdgeSparseVectorParams(full_scan_threshold=200)},
        max_search_threads=1,
        wal_enabled=False,
        # Without the threshold the optimiser builds a second, immutable segment at some 40,000 chunks:
        # measured at 50,000 it takes 0.9 ms a question instead of 0.5, and 50 MiB more.
        optimizers=engine.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=1_000_000),
    )


def _of(base: KnowledgeBase) -> list[Any]:
    return [
        engine.FieldCondition("account_id", match=engine.MatchValue(base.account_id)),
        engine.FieldCondition("chatbot_id", match=engine.MatchValue(base.chatbot_id)),
    ]


def _visible(base: KnowledgeBase, audience: Audience) -> engine.Filter:
    must = _of(base)
    if audience == "visitor":
        must.append(engine.FieldCondition("visibility", match=engine.MatchValue("public")))
    return engine.Filter(must=must)


def _point(document: Document, chunk: Chunk, terms: ChunkTerms, means: MeanLengths) -> engine.Point:
    payload = {
        "account_id": document.account_id,
        "chatbot_id": document.chatbot_id,
        "document_id": document.id,
        "revision": document.revision,
        "visibility": document.visibility,
        "language": document.language,
        "chunk_id": chunk.id,
        "ordinal": chunk.ordinal,
        "title": chunk.title,
        "headings": list(chunk.headings),
        "text": chunk.text,
        "heading_words": terms.headings.total(),
        "text_words": terms.text.total(),
        "mean_headings": means.headings,
        "mean_text": means.text,
    }
    identity = "\x1f".join((*document.base, chunk.id))
    return engine.Point(str(uuid5(NAMESPACE_OID, identity)), _vector(terms, means), payload)


def _reweighed(point_id: _PointId, payload: dict[str, Any], means: MeanLengths) -> engine.Point:
    terms = chunk_terms(_chunk(payload), payload["language"])
    changed = {**payload, "mean_headings": means.headings, "mean_text": means.text}
    return engine.Point(point_id, _vector(terms, means), changed)


def _vector(terms: ChunkTerms, means: MeanLengths) -> dict[str, Any]:
    weights = term_weights(terms, means)
    return {_VECTOR: engine.SparseVector(list(weights), list(weights.values()))}


def _chunk(payload: dict[str, Any]) -> Chunk:
    return Chunk(
        id=payload["chunk_id"],
        document_id=payload["document_id"],
        ordinal=payload["ordinal"],
        title=payload["title"],
        text=payload["text"],
        headings=tuple(payload["headings"]),
    )


def _passage(payload: dict[str, Any], score: Score) -> Passage:
    return Passage(
        document_id=payload["document_id"],
        chunk_id=payload["chunk_id"],
        title=payload["title"],
        headings=tuple(payload["headings"]),
        text=payload["text"],
        visibility=payload["visibility"],
        language=payload["language"],
        score=score,
    )


def _key(payload: dict[str, Any]) -> DocumentKey:
    return DocumentKey(KnowledgeBase(payload["account_id"], payload["chatbot_id"]), payload["document_id"])


def _statistics(record: engine.Record) -> tuple[list[int], int, int, str | None]:
    """What ``Corpus.add`` and ``Corpus.remove`` take."""
    payload = record.payload or {}
    vector: Any = record.vector
    return vector[_VECTOR].indices, payload["heading_words"], payload["text_words"], payload["language"]
