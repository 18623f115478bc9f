"""Two replicas with an index each, on one store: what one takes away, the other does not tell meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from libs.runtime.mongo import Store
from services.ai.adapters.mongo_documents import INDEXES, MongoDocuments
from services.ai.adapters.qdrant_edge_knowledge import QdrantEdgeKnowledge
from services.ai.domain.contact_requests import Answer
from services.ai.domain.documents import Document, DocumentKey
from services.ai.domain.grounding import Thresholds
from services.ai.use_cases.answer_contact import AnswerContact
from services.ai.use_cases.current_knowledge import CurrentKnowledge
from services.ai.use_cases.index_documents import IndexDocuments
from services.ai.use_cases.put_document import Given, PutDocument
from services.ai.use_cases.remove_document import RemoveDocument
from tests.unit.ai.conversations import BASE, asked

COST = DocumentKey(BASE, "costs")
QUESTION = "What does shipping cost?"


class Replica:
    """One of them; it follows the store only when it is told to."""

    def __init__(self, documents: MongoDocuments, engine: QdrantEdgeKnowledge) -> None:
        self.engine = engine
        self.follow = IndexDocuments(documents, engine)
        self.is_busy = False
        current = CurrentKnowledge(engine, documents, self._catch_up, seconds=0.05)
        self.bot = AnswerContact(current, Thresholds(0.2, 0.1), standing=current)

    async def _catch_up(self) -> None:
        if self.is_busy:  # with a large import: what changed is behind it
            await asyncio.Event().wait()
        await self.follow()

    async def says(self) -> str:
        answer = await self.bot(asked(QUESTION))
        assert isinstance(answer, Answer)
        return answer.text


@pytest.fixture
async def documents(mongodb_url: str, database_prefix: str) -> AsyncIterator[MongoDocuments]:
    store = Store(mongodb_url, f"{database_prefix}_ai")
    await store.ensure_indexes(INDEXES)
    yield MongoDocuments(store)
    store.close()


@pytest.fixture
async def replicas(documents: MongoDocuments, tmp_path: Path) -> AsyncIterator[tuple[Replica, Replica]]:
    engines = [await QdrantEdgeKnowledge.open(tmp_path / name) for name in ("first", "second")]
    await PutDocument(documents)(COST, "Shipping costs 4.90 euros.", Given(title="Costs"))
    await documents.save(Document("hours", *BASE, "Hours", "On Sundays the shop is closed.", "public", "en"))
    first, second = (Replica(documents, engine) for engine in engines)
    for one in (first, second):
        await one.follow()
        assert await one.says() == "Shipping costs 4.90 euros."
    yield first, second
    for engine in engines:
        await engine.close()


@pytest.mark.parametrize("is_busy", [False, True])
async def test_what_became_internal_is_not_told_by_the_other(
    documents: MongoDocuments, replicas: tuple[Replica, Replica], *, is_busy: bool
) -> None:
    first, second = replicas
    second.is_busy = is_busy
    stored = await documents.get(COST)
    assert stored is not None
    await documents.save(replace(stored, visibility="internal"))
    await first.follow()

    assert "4.90" not in await second.says()
    # The index itself still had it: it is the look at the store that keeps it back.
    assert bool(await second.engine.search(BASE, "shipping", 5)) is is_busy


@pytest.mark.parametrize("is_busy", [False, True])
async def test_what_was_deleted_is_not_told_by_the_other(
    documents: MongoDocuments, replicas: tuple[Replica, Replica], *, is_busy: bool
) -> None:
    _, second = replicas
    second.is_busy = is_busy
    assert await RemoveDocument(documents)(COST)
    assert "4.90" not in await second.says()


async def test_a_new_version_is_told_by_the_other_at_once(
    documents: MongoDocuments, replicas: tuple[Replica, Replica]
) -> None:
    _, second = replicas
    await PutDocument(documents)(COST, "Shipping costs 6 euros.", Given(title="Costs"))
    assert await second.says() == "Shipping costs 6 euros."
