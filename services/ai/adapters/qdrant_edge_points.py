"""A chunk as the engine stores it, and back; the filters and the shard's configuration that belong to it."""

from typing import Any, Final
from uuid import NAMESPACE_OID, UUID, uuid5

import qdrant_edge as engine

from services.ai.domain.bm25 import MeanLengths, term_weights
from services.ai.domain.documents import Chunk, Document, DocumentKey, KnowledgeBase
from services.ai.domain.passages import Audience, Passage, Score
from services.ai.domain.terms import ChunkTerms, Lengths, chunk_terms, is_word

PointId = int | str | UUID  # the stub's alias does not exist at run time
VECTOR: Final = "lexical"
# What ``statistics_of`` and the counting read of a payload.
STATISTICS: Final = ("lengths", "language", "means")


def shard_config() -> engine.EdgeConfig:
    """One sparse vector a chunk, one search thread, no write-ahead log."""
    return engine.EdgeConfig(
        # Up to this many chunks pass the filter, their vectors are read one by one; beyond, the inverted
        # index is faster: 0.6 ms against the 2.1 ms of the engine's own threshold of 5,000, for a tenant of
        # 1,000 chunks.
        sparse_vectors={VECTOR: engine.EdgeSparseVectorParams(full_scan_threshold=200)},
        max_search_threads=1,
        wal_enabled=False,
        # Without the threshold the optimiser builds a second, immutable segment at some 40,000 chunks:
        # measured at 50,000 it takes 0.9 ms a question instead of 0.5, and 50 MiB more.
        optimizers=engine.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=1_000_000),
    )


def of_base(base: KnowledgeBase) -> list[Any]:
    """The conditions that hold a request within one knowledge base; no request goes without them."""
    return [
        engine.FieldCondition("account_id", match=engine.MatchValue(base.account_id)),
        engine.FieldCondition("chatbot_id", match=engine.MatchValue(base.chatbot_id)),
    ]


def visible_to(base: KnowledgeBase, audience: Audience) -> engine.Filter:
    """What an audience may see of a knowledge base."""
    must = of_base(base)
    if audience == "visitor":
        must.append(engine.FieldCondition("visibility", match=engine.MatchValue("public")))
    return engine.Filter(must=must)


def point_of(document: Document, chunk: Chunk, terms: ChunkTerms, means: MeanLengths) -> engine.Point:
    """A chunk with all that a passage or a new weighing needs."""
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
        "phrasings": list(chunk.phrasings),
        "lengths": list(terms.lengths),
        "means": [means.headings, means.text, means.letters],
    }
    identity = "\x1f".join((*document.base, chunk.id))
    return engine.Point(str(uuid5(NAMESPACE_OID, identity)), _vector(terms, means), payload)


def reweighed_point(point_id: PointId, payload: dict[str, Any], means: MeanLengths) -> engine.Point:
    """The same chunk with weights for other mean lengths."""
    terms = chunk_terms(_chunk(payload), payload["language"])
    changed = {**payload, "means": [means.headings, means.text, means.letters]}
    return engine.Point(point_id, _vector(terms, means), changed)


def _vector(terms: ChunkTerms, means: MeanLengths) -> dict[str, Any]:
    weights = term_weights(terms, means)
    return {VECTOR: engine.SparseVector(list(weights), list(weights.values()))}


def _chunk(payload: dict[str, Any]) -> Chunk:
    return Chunk(
        id=payload["chunk_id"],
        document_id=payload["document_id"],
        ordinal=payload["ordinal"],
        title=payload["title"],
        text=payload["text"],
        headings=tuple(payload["headings"]),
        phrasings=tuple(payload["phrasings"]),
    )


def passage_of(payload: dict[str, Any], score: Score) -> Passage:
    """What a point found stands for."""
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


def document_key(payload: dict[str, Any]) -> DocumentKey:
    """Whose chunk it is."""
    return DocumentKey(KnowledgeBase(payload["account_id"], payload["chatbot_id"]), payload["document_id"])


def statistics_of(record: engine.Record) -> tuple[list[int], Lengths, str | None]:
    """What ``Corpus.add`` and ``Corpus.remove`` take."""
    payload = record.payload or {}
    words = [term for term in terms_of(record.vector) if is_word(term)]
    return words, Lengths(*payload["lengths"]), payload["language"]


def terms_of(vector: Any) -> list[int]:
    """The terms of a stored chunk."""
    terms: list[int] = vector[VECTOR].indices
    return terms
