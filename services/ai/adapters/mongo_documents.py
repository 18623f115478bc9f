"""The documents in MongoDB, with one counter of revisions that serialises their writers."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from typing import Any

from pymongo import ASCENDING, IndexModel, ReturnDocument

from libs.runtime.mongo import Session, Store
from services.ai.domain.documents import Document, DocumentKey, KnowledgeBase, Phrasing
from services.ai.use_cases.current_ports import Current

DOCUMENTS = "documents"
COUNTERS = "counters"
INDEXES = {
    DOCUMENTS: [
        IndexModel(
            [("account_id", ASCENDING), ("chatbot_id", ASCENDING), ("document_id", ASCENDING)],
            name="identity",
            unique=True,
        ),
        IndexModel("revision", name="by_revision", unique=True),
    ],
    COUNTERS: [],
}
_COUNTER = "document revision"
_GENERATION = "index generation"


class MongoDocuments:
    """The port `Documents` on a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._documents = store.database[DOCUMENTS]
        self._counters = store.database[COUNTERS]

    async def save(self, document: Document) -> Document:
        """Store a version and give it back with its revision."""

        async def write(session: Session) -> Document:
            counter = await self._counters.find_one_and_update(
                {"_id": _COUNTER},
                {"$inc": {"value": 1}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
                session=session,
            )
            saved = replace(document, revision=int(counter["value"]))
            row = _row(saved)
            await self._documents.replace_one(_identity(document.key), row, upsert=True, session=session)
            return saved

        return await self._store.transaction(write)

    async def get(self, key: DocumentKey) -> Document | None:
        """The document as it is now, a removed one included."""
        with self._store.guarded():
            row = await self._documents.find_one(_identity(key))
        return _document(row) if row else None

    async def list(self, base: KnowledgeBase, limit: int = 1_000) -> Sequence[Document]:
        """The documents of one knowledge base that are not removed, by title."""
        wanted = {**_of(base), "removed": False}
        with self._store.guarded():
            rows = await self._documents.find(wanted).sort("title", ASCENDING).limit(limit).to_list(limit)
        return [_document(row) for row in rows]

    async def page(self, base: KnowledgeBase, after: str | None, limit: int) -> Sequence[Document]:
        """Documents of one knowledge base that are not removed, by id."""
        wanted = _of(base)
        if after is not None:
            wanted["document_id"] = {"$gt": after}
        with self._store.guarded():
            found = self._documents.find({**wanted, "removed": False}).sort("document_id", ASCENDING)
            rows = await found.limit(limit).to_list(limit)
        return [_document(row) for row in rows]

    async def with_phrasings(self, base: KnowledgeBase, start: str, limit: int) -> Sequence[Document]:
        """Documents of one knowledge base with phrasings, by id, from ``start`` on."""
        wanted = {
            "account_id": base.account_id,
            "chatbot_id": base.chatbot_id,
            "document_id": {"$gte": start},
            "removed": False,
            "phrasings.0": {"$exists": True},
        }
        with self._store.guarded():
            rows = await self._documents.find(wanted).sort("document_id", ASCENDING).to_list(limit)
        return [_document(row) for row in rows]

    async def count(self, base: KnowledgeBase) -> int:
        """How many there are that are not removed."""
        wanted = {**_of(base), "removed": False}
        with self._store.guarded():
            return await self._documents.count_documents(wanted)

    async def current(self, base: KnowledgeBase, document_ids: Collection[str]) -> dict[str, Current]:
        """Those of one knowledge base that are not removed, by id."""
        wanted = {**_of(base), "document_id": {"$in": list(document_ids)}, "removed": False}
        fields = ["document_id", "revision", "visibility"]
        with self._store.guarded():
            rows = self._documents.find(wanted, projection=fields)
            return {row["document_id"]: Current(row["revision"], row["visibility"]) async for row in rows}

    async def revisions(self) -> dict[DocumentKey, int]:
        """The revision of every document that is not removed."""
        fields = ["account_id", "chatbot_id", "document_id", "revision"]
        with self._store.guarded():
            rows = self._documents.find({"removed": False}, projection=fields)
            return {_key(row): row["revision"] async for row in rows}

    async def generation(self) -> int:
        """Which generation of the index is to serve."""
        with self._store.guarded():
            counter = await self._counters.find_one({"_id": _GENERATION})
        return int(counter["value"]) if counter else 0

    async def next_generation(self) -> int:
        """Ask every replica for a new one."""
        with self._store.guarded():
            counter = await self._counters.find_one_and_update(
                {"_id": _GENERATION},
                {"$inc": {"value": 1}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        return int(counter["value"])

    async def last_revision(self) -> int:
        """The highest revision given so far."""
        with self._store.guarded():
            counter = await self._counters.find_one({"_id": _COUNTER})
        return int(counter["value"]) if counter else 0

    async def changed_since(self, revision: int) -> AsyncIterator[Document]:
        """Every document with a higher revision, lowest first."""
        with self._store.guarded():
            later = self._documents.find({"revision": {"$gt": revision}})
            async for row in later.sort("revision", ASCENDING):
                yield _document(row)


def _of(base: KnowledgeBase) -> dict[str, Any]:
    return {"account_id": base.account_id, "chatbot_id": base.chatbot_id}


def _identity(key: DocumentKey) -> dict[str, Any]:
    return {**_of(key.base), "document_id": key.document_id}


def _key(row: dict[str, Any]) -> DocumentKey:
    return DocumentKey(KnowledgeBase(row["account_id"], row["chatbot_id"]), row["document_id"])


def _row(document: Document) -> dict[str, Any]:
    return {
        **_identity(document.key),
        "title": document.title,
        "text": document.text,
        "visibility": document.visibility,
        "language": document.language,
        "revision": document.revision,
        "removed": document.removed,
        "phrasings": [list(one) for one in document.phrasings],
    }


def _document(row: dict[str, Any]) -> Document:
    return Document(
        id=row["document_id"],
        account_id=row["account_id"],
        chatbot_id=row["chatbot_id"],
        title=row["title"],
        text=row["text"],
        visibility=row["visibility"],
        language=row["language"],
        revision=row["revision"],
        removed=row["removed"],
        phrasings=tuple(Phrasing(*one) for one in row.get("phrasings", ())),
    )
