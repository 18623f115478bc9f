"""What either engine keeps of a chunk beside its vectors, and back."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

from services.ai.domain.bm25 import MeanLengths
from services.ai.domain.documents import Chunk, Document, DocumentKey, KnowledgeBase
from services.ai.domain.passages import Passage, Score
from services.ai.domain.personal_data import Placeholders
from services.ai.domain.terms import ChunkTerms

VECTOR: Final = "lexical"
DENSE: Final = "dense"
# What the counting reads of a payload.
STATISTICS: Final = ("lengths", "language", "means")

Payload = Mapping[str, Any]


def point_id(document: Document, chunk: Chunk) -> str:
    """The same for the same chunk of any version."""
    return str(uuid5(NAMESPACE_OID, "\x1f".join((*document.base, chunk.id))))


def payload_of(document: Document, chunk: Chunk, terms: ChunkTerms, means: MeanLengths) -> dict[str, Any]:
    """All that a passage or a new weighing needs."""
    return {
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
        "means": list_of(means),
        "embedded": "no",
    }


def list_of(means: MeanLengths) -> list[float]:
    """Mean lengths as a payload has them."""
    return [means.headings, means.text, means.letters]


def chunk_of(payload: Payload) -> Chunk:
    """The chunk that a payload is of."""
    return Chunk(
        id=payload["chunk_id"],
        document_id=payload["document_id"],
        ordinal=payload["ordinal"],
        title=payload["title"],
        text=payload["text"],
        headings=tuple(payload["headings"]),
        phrasings=tuple(payload["phrasings"]),
    )


def passage_of(payload: Payload, score: Score) -> Passage:
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
        revision=payload["revision"],
    )


def document_key(payload: Payload) -> DocumentKey:
    """Whose chunk it is."""
    return DocumentKey(KnowledgeBase(payload["account_id"], payload["chatbot_id"]), payload["document_id"])


def embedded_text(payload: Payload) -> str:
    """What a model makes a chunk's vector of; it sees no personal data."""
    return Placeholders().hide("\n".join((payload["title"], *payload["headings"], payload["text"])))
