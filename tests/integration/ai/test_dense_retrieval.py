"""Passages that share no word with the question, found by what they mean."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.ai.adapters.qdrant_edge_knowledge import QdrantEdgeKnowledge
from services.ai.domain.chunking import chunk_markdown
from services.ai.domain.documents import Document, DocumentKey, KnowledgeBase, Visibility
from tests.unit.ai.embedding_fakes import Letters

BASE = KnowledgeBase("acme", "shop")
OTHER = KnowledgeBase("other", "shop")


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.fixture
async def knowledge(tmp_path: Path, letters: Letters) -> AsyncIterator[QdrantEdgeKnowledge]:
    engine = await QdrantEdgeKnowledge.open(tmp_path, embedder=letters)
    yield engine
    await engine.close()


async def put(
    knowledge: QdrantEdgeKnowledge,
    name: str,
    text: str,
    *,
    base: KnowledgeBase = BASE,
    visibility: Visibility = "public",
    revision: int = 1,
) -> None:
    document = Document(name, *base, name, text, visibility, "en", revision)
    await knowledge.add_document(document, chunk_markdown(name, name, text))


async def all_embedded(knowledge: QdrantEdgeKnowledge) -> int:
    done = 0
    while some := await knowledge.embed_waiting():
        done += some
    return done


async def found(knowledge: QdrantEdgeKnowledge, query: str, base: KnowledgeBase = BASE) -> list[str]:
    return [passage.document_id for passage in await knowledge.search(base, query, 2)]


async def test_a_passage_is_found_by_meaning_once_it_has_its_vector(knowledge: QdrantEdgeKnowledge) -> None:
    await put(knowledge, "d1", "A mug holds much.")
    await put(knowledge, "d2", "Lorry rental.")
    assert await found(knowledge, "beaker") == []

    assert await all_embedded(knowledge) == 2
    assert await all_embedded(knowledge) == 0

    best = (await knowledge.search(BASE, "beaker", 2))[0]
    assert best.document_id == "d1"
    assert best.score.similarity == pytest.approx(1, abs=0.01)


async def test_words_and_meaning_are_joined(knowledge: QdrantEdgeKnowledge) -> None:
    await put(knowledge, "d1", "Cup.")
    await put(knowledge, "d2", "Beaker of steel.")
    await put(knowledge, "d3", "Rain.")
    await all_embedded(knowledge)

    passages = await knowledge.search(BASE, "steel beaker", 3)

    assert passages[0].document_id == "d2"
    assert passages[0].score.lexical > 0
    assert passages[0].score.similarity is not None


async def test_vectors_cross_no_account_and_show_no_visitor_what_is_internal(
    knowledge: QdrantEdgeKnowledge,
) -> None:
    await put(knowledge, "d1", "Mug.", base=OTHER)
    await put(knowledge, "d2", "Cup.", visibility="internal")
    await all_embedded(knowledge)

    assert await found(knowledge, "beaker") == []
    assert await found(knowledge, "beaker", OTHER) == ["d1"]
    assert [one.document_id for one in await knowledge.search(BASE, "beaker", 2, "agent")] == ["d2"]


async def test_while_the_model_is_away_words_are_compared_and_it_is_left_alone(
    knowledge: QdrantEdgeKnowledge, letters: Letters
) -> None:
    await put(knowledge, "d1", "A mug.")
    await all_embedded(knowledge)
    letters.is_away = True
    letters.asked.clear()

    assert await found(knowledge, "mug") == ["d1"]
    assert await found(knowledge, "beaker") == []
    assert letters.asked == ["mug"]


async def test_a_new_version_waits_for_its_own_vector(knowledge: QdrantEdgeKnowledge) -> None:
    await put(knowledge, "d1", "A mug.")
    waiting = knowledge._shard.not_embedded(5)
    await put(knowledge, "d1", "A car.", revision=2)
    await knowledge._run(lambda: knowledge._shard.put_vectors(waiting, [[1.0, 0.0, 0.0, 0.0]]), 5)

    assert await all_embedded(knowledge) == 1
    assert (await knowledge.search(BASE, "lorry", 1))[0].score.similarity == pytest.approx(1, abs=0.01)
    await knowledge.remove_document(DocumentKey(BASE, "d1"))
    assert await found(knowledge, "lorry") == []


async def test_weighing_anew_keeps_the_vectors(knowledge: QdrantEdgeKnowledge) -> None:
    await put(knowledge, "d1", "A mug.")
    await all_embedded(knowledge)
    for number in range(5):
        await put(knowledge, f"long{number}", "Rain and weather. " * 30)

    assert (await knowledge.search(BASE, "beaker", 1))[0].document_id == "d1"


async def test_vectors_survive_a_restart_and_belong_to_their_model(tmp_path: Path) -> None:
    knowledge = await QdrantEdgeKnowledge.open(tmp_path, embedder=Letters())
    await put(knowledge, "d1", "A mug.")
    await all_embedded(knowledge)
    await knowledge.close()

    again = await QdrantEdgeKnowledge.open(tmp_path, embedder=Letters())
    assert await all_embedded(again) == 0
    assert await found(again, "beaker") == ["d1"]
    await again.close()

    other = Letters()
    other.name = "another model"
    changed = await QdrantEdgeKnowledge.open(tmp_path, embedder=other)
    assert await changed.revisions() == {}
    await changed.close()
