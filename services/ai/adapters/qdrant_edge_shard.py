"""The lexical index on disk: one shard of Qdrant's engine, and BM25's figures of each knowledge base.

Everything here blocks and belongs to one thread; ``qdrant_edge_knowledge`` gives it one.

One shard for all knowledge bases, filtered by account and chatbot in each request: 0.15 ms a question at
1,000 chunks, 0.5 ms at 20,000 of one tenant, 0.6 ms at 20,000 of twenty (measured inside the thread), where
a shard each would cost a search thread and 7 MiB of files apiece. Rarity is per knowledge base all the
same. The engine could count it over a filter (``IdfParams.corpus``, as fast), but it does not tell the sum
of it, without which a score is no confidence; so the frequencies are held here. They are not stored beside
the index, where the two could come to differ, but counted from its vectors when the index is opened (70 µs
a chunk).

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
from typing import Final, NamedTuple
from zlib import crc32

import qdrant_edge as engine

from libs.runtime.logs import get_logger
from services.ai.adapters.chunk_payloads import (
    DENSE,
    STATISTICS,
    VECTOR,
    document_key,
    embedded_text,
    passage_of,
)
from services.ai.adapters.qdrant_edge_points import (
    PointId,
    of_base,
    point_of,
    reweighed,
    shard_config,
    statistics_of,
    terms_of,
    visible_to,
)
from services.ai.domain.bm25 import Corpus, MeanLengths
from services.ai.domain.documents import Chunk, Document, DocumentKey, KnowledgeBase
from services.ai.domain.passages import Audience, Passage, Score
from services.ai.domain.terms import chunk_terms
from services.ai.domain.weighing import weigh_query

# Raise it whenever terms or weights are computed differently: an index of another format is built anew.
_FORMAT: Final = "lexical-2"
_PAGE: Final = 200
_PAGE_REWEIGHED: Final = 100  # some 10 ms, between which questions are answered
# Weights hold the mean lengths they were computed with. Within 5 % a score moves by at most 2 %.
_MOST_DRIFT: Final = 0.05

_log = get_logger(__name__)


@dataclass(slots=True)
class _Base:
    """A knowledge base as the index has it; ``weighed_with`` is None where its chunks' weights differ."""

    corpus: Corpus
    weighed_with: MeanLengths | None


class Waiting(NamedTuple):
    """A chunk that waits for its dense vector."""

    point_id: PointId
    revision: int
    text: str


class QdrantEdgeShard:
    """Opens or creates the index under ``folder``; nobody else may have it open.

    ``most_terms`` bounds the word frequencies kept in memory, over all knowledge bases, at some 100 bytes
    each; the knowledge base that was asked longest ago is forgotten first, and counted again when it is
    asked.
    """

    def __init__(
        self, folder: Path, most_terms: int, dimension: int | None = None, embedding: str = ""
    ) -> None:
        suffix = f"-{crc32(embedding.encode()):08x}-{dimension}" if dimension else ""
        self._path = folder / f"{_FORMAT}{suffix}"
        self._config = shard_config(dimension)
        self._unflushed = folder / "unflushed"
        self._most_terms = most_terms
        self._bases: OrderedDict[KnowledgeBase, _Base] = OrderedDict()
        self._shard = self._open(folder)
        self._count_all()

    def _open(self, folder: Path) -> engine.EdgeShard:
        if self._path.exists() and not self._unflushed.exists():
            try:
                return engine.EdgeShard.load(str(self._path), self._config)
            except Exception:  # noqa: BLE001 - the engine raises nothing more specific
                _log.warning("the index does not load and is built anew", exc_info=True)
        elif self._path.exists():
            _log.warning("the index was not closed while it was written and is built anew")
        for old in folder.glob("lexical-*"):
            shutil.rmtree(old)
        self._path.mkdir(parents=True)
        self._unflushed.touch()
        shard = engine.EdgeShard.create(str(self._path), self._config)
        for field in ("account_id", "chatbot_id"):
            shard.update(
                engine.UpdateOperation.create_field_index(field, engine.KeywordIndexParams(is_tenant=True))
            )
        for field in ("document_id", "visibility", "embedded"):
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
            base.corpus.add(terms.distinct, terms.lengths, document.language)
        if base.weighed_with is None and base.corpus.chunks == len(chunks):
            base.weighed_with = base.corpus.means
        means = base.weighed_with or base.corpus.means
        if analysed:
            self._unflushed.touch()
            points = [point_of(document, chunk, terms, means) for chunk, terms in analysed]
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
        weights = weighted.weights
        if not weighted.known and not weighted.unknown:
            return []
        found = self._shard.query(
            engine.QueryRequest(
                limit=limit,
                query=engine.Query.Nearest(
                    engine.SparseVector(list(weights), list(weights.values())), using=VECTOR
                ),
                filter=visible_to(base_id, audience),
                with_payload=True,
                with_vector=True,
            )
        )
        return [
            passage_of(point.payload or {}, Score(point.score, weighted.mass))
            for point in found
            if weighted.is_met_by(terms_of(point.vector))
        ]

    def search_near(
        self, base_id: KnowledgeBase, vector: list[float], mass: float, limit: int, audience: Audience
    ) -> list[Passage]:
        """The passages nearest to a vector, nearest first."""
        found = self._shard.query(
            engine.QueryRequest(
                limit=limit,
                query=engine.Query.Nearest(vector, using=DENSE),
                filter=visible_to(base_id, audience),
                with_payload=True,
            )
        )
        return [passage_of(point.payload or {}, Score(0.0, mass, point.score)) for point in found]

    def mass(self, base_id: KnowledgeBase, query: str) -> float:
        """What a full match of a question's words would be worth."""
        return weigh_query(query, self._base(base_id).corpus).mass

    def not_embedded(self, limit: int) -> list[Waiting]:
        """Some chunks that have no dense vector yet."""
        chosen = engine.Filter(must=[engine.FieldCondition("embedded", match=engine.MatchValue("no"))])
        records, _ = self._shard.scroll(engine.ScrollRequest(limit=limit, filter=chosen, with_payload=True))
        return [
            Waiting(record.id, record.payload["revision"], embedded_text(record.payload))
            for record in records
            if record.payload
        ]

    def put_vectors(self, waiting: Sequence[Waiting], vectors: Sequence[list[float]]) -> None:
        """Give chunks their dense vectors, but for those that were replaced meanwhile."""
        ids = [one.point_id for one in waiting]
        records = self._shard.retrieve(ids, with_payload=["revision"], with_vector=False)
        revisions = {str(record.id): (record.payload or {})["revision"] for record in records}
        same = [
            (one.point_id, vector)
            for one, vector in zip(waiting, vectors, strict=True)
            if revisions.get(str(one.point_id)) == one.revision
        ]
        if same:
            self._unflushed.touch()
            made = [engine.PointVectors(point_id, {DENSE: vector}) for point_id, vector in same]
            self._shard.update(engine.UpdateOperation.update_vectors(made))
            chosen = [point_id for point_id, _ in same]
            self._shard.update(engine.UpdateOperation.set_payload(chosen, {"embedded": "yes"}))

    def revisions(self) -> dict[DocumentKey, int]:
        """The indexed revision of each document, read from its first chunk."""
        first = engine.Filter(must=[engine.FieldCondition("ordinal", match=engine.MatchValue(0))])
        fields = ["account_id", "chatbot_id", "document_id", "revision"]
        return {
            document_key(payload): int(payload["revision"])
            for record in self._scroll(first, fields)
            if (payload := record.payload)
        }

    def reweigh_page(
        self, base_id: KnowledgeBase, means: MeanLengths, offset: PointId | None
    ) -> PointId | None:
        """Compute the weights of some chunks with ``means``; where to go on, or None when all are done."""
        self._unflushed.touch()
        records, offset = self._shard.scroll(
            engine.ScrollRequest(
                limit=_PAGE_REWEIGHED,
                offset=offset,
                filter=engine.Filter(must=of_base(base_id)),
                with_payload=True,
            )
        )
        weighed = [(record.id, *reweighed(record.payload or {}, means)) for record in records]
        if weighed:
            vectors = [engine.PointVectors(point_id, vector) for point_id, vector, _ in weighed]
            self._shard.update(engine.UpdateOperation.update_vectors(vectors))
            ids = [point_id for point_id, _, _ in weighed]
            self._shard.update(engine.UpdateOperation.set_payload(ids, weighed[0][2]))
        if offset is None:
            self._base(base_id).weighed_with = means
        return offset

    def means(self, base_id: KnowledgeBase) -> MeanLengths:
        """The true mean lengths now."""
        return self._base(base_id).corpus.means

    def count(self, base_id: KnowledgeBase) -> int:
        """The chunks of a knowledge base."""
        return self._base(base_id).corpus.chunks

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
                *of_base(key.base),
                engine.FieldCondition("document_id", match=engine.MatchValue(key.document_id)),
            ]
        )
        records = list(self._scroll(mine, list(STATISTICS), with_vector=True))
        for record in records:
            base.corpus.remove(*statistics_of(record))
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
        weighed_with: set[tuple[float, float, float]] = set()
        for record in self._scroll(engine.Filter(must=of_base(base_id)), list(STATISTICS), with_vector=True):
            corpus.add(*statistics_of(record))
            payload = record.payload or {}
            weighed_with.add(tuple(payload["means"]))
        alike = MeanLengths(*weighed_with.pop()) if len(weighed_with) == 1 else None
        return _Base(corpus, alike)

    def _scroll(
        self, chosen: engine.Filter, fields: list[str], *, with_vector: bool = False
    ) -> Iterator[engine.Record]:
        offset: PointId | None = None
        while True:
            records, offset = self._shard.scroll(
                engine.ScrollRequest(
                    limit=_PAGE, offset=offset, filter=chosen, with_payload=fields, with_vector=with_vector
                )
            )
            yield from records
            if offset is None:
                return
