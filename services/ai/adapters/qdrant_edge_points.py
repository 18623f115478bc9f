"""A chunk as the engine stores it, and back; the filters and the shard's configuration that belong to it."""

from typing import Any
from uuid import UUID

import qdrant_edge as engine

from services.ai.adapters.chunk_payloads import DENSE, VECTOR, chunk_of, list_of, payload_of, point_id
from services.ai.domain.bm25 import MeanLengths, term_weights
from services.ai.domain.documents import Chunk, Document, KnowledgeBase
from services.ai.domain.passages import Audience
from services.ai.domain.terms import ChunkTerms, Lengths, chunk_terms, is_word

PointId = int | str | UUID  # the stub's alias does not exist at run time


def shard_config(dimension: int | None) -> engine.EdgeConfig:
    """One sparse vector a chunk, with a ``dimension`` a dense one, one search thread, no write-ahead log."""
    dense = engine.EdgeVectorParams(dimension or 1, engine.Distance.Cosine)
    return engine.EdgeConfig(
        vectors={DENSE: dense} if dimension else None,
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
    return engine.Point(
        point_id(document, chunk), _vector(terms, means), payload_of(document, chunk, terms, means)
    )


def reweighed(payload: dict[str, Any], means: MeanLengths) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same chunk's vector for other mean lengths, and what changes of its payload."""
    terms = chunk_terms(chunk_of(payload), payload["language"])
    return _vector(terms, means), {"means": list_of(means)}


def _vector(terms: ChunkTerms, means: MeanLengths) -> dict[str, Any]:
    weights = term_weights(terms, means)
    return {VECTOR: engine.SparseVector(list(weights), list(weights.values()))}


def statistics_of(record: engine.Record) -> tuple[list[int], Lengths, str | None]:
    """What ``Corpus.add`` and ``Corpus.remove`` take."""
    payload = record.payload or {}
    words = [term for term in terms_of(record.vector) if is_word(term)]
    return words, Lengths(*payload["lengths"]), payload["language"]


def terms_of(vector: Any) -> list[int]:
    """The terms of a stored chunk."""
    terms: list[int] = vector[VECTOR].indices
    return terms
