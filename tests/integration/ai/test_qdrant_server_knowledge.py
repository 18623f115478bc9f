"""What the shared server adds: replicas that follow each other, and a server that is away."""

import warnings
from collections.abc import AsyncIterator

import pytest
from qdrant_client import AsyncQdrantClient

from services.ai.adapters.qdrant_server_knowledge import QdrantServerKnowledge
from services.ai.domain.chunking import chunk_markdown
from services.ai.domain.documents import Document, DocumentKey, KnowledgeBase
from services.ai.use_cases.ports import KnowledgeUnavailable
from tests.unit.ai.embedding_fakes import Letters
from tests.unit.ai.in_memory import InMemoryKnowledge

BASE = KnowledgeBase("acme", "shop")


async def prepared(client: AsyncQdrantClient, embedder: Letters | None = None) -> QdrantServerKnowledge:
    knowledge = QdrantServerKnowledge.at(client, embedder=embedder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the client's own mode needs no payload indexes
        await knowledge.prepare()
    return knowledge


@pytest.fixture
async def client() -> AsyncIterator[AsyncQdrantClient]:
    made = AsyncQdrantClient(location=":memory:")
    yield made
    await made.close()


def document(number: int, text: str, revision: int = 1) -> Document:
    return Document(f"d{number}", *BASE, f"Title {number}", text, "public", "en", revision)


async def put(knowledge: QdrantServerKnowledge | InMemoryKnowledge, one: Document) -> None:
    await knowledge.add_document(one, chunk_markdown(one.id, one.title, one.text))


async def test_two_replicas_write_a_document_once_and_both_find_it(client: AsyncQdrantClient) -> None:
    first, second = await prepared(client), await prepared(client)
    await put(first, document(1, "Glass lids."))
    assert [one.document_id for one in await second.search(BASE, "glass", 5)] == ["d1"]

    await put(second, document(1, "Glass lids."))
    await put(second, document(1, "Steel jugs.", revision=2))
    await put(first, document(1, "Steel jugs.", revision=2))

    for replica in (first, second):
        assert await replica.search(BASE, "glass", 5) == []
        assert [one.document_id for one in await replica.search(BASE, "steel", 5)] == ["d1"]
    assert await first.revisions() == {DocumentKey(BASE, "d1"): 2}


async def test_when_lengths_drift_all_weights_follow(client: AsyncQdrantClient) -> None:
    knowledge, plain = await prepared(client), InMemoryKnowledge()
    for number in range(12):
        one = document(number, " ".join(["glass", f"word{number}", *["filler"] * (3 if number < 8 else 60)]))
        await put(knowledge, one)
        await put(plain, one)

    expected = {one.chunk_id: one.score.lexical for one in await plain.search(BASE, "glass", 50)}
    actual = {one.chunk_id: one.score.lexical for one in await knowledge.search(BASE, "glass", 50)}

    assert actual.keys() == expected.keys()
    assert all(actual[chunk] == pytest.approx(score, rel=0.04) for chunk, score in expected.items())


async def test_passages_are_found_by_meaning_in_a_collection_of_the_models_own(
    client: AsyncQdrantClient,
) -> None:
    words, vectors = await prepared(client), await prepared(client, Letters())
    for one in (words, vectors):
        await put(one, document(1, "A mug of tea."))
        await put(one, document(2, "Lorry rental."))
    while await vectors.embed_waiting():
        pass

    assert await words.embed_waiting() == 0
    assert await words.search(BASE, "beaker", 5) == []
    assert (await vectors.search(BASE, "beaker", 5))[0].document_id == "d1"


async def test_a_server_that_is_away_is_no_empty_knowledge() -> None:
    client = AsyncQdrantClient(url="http://127.0.0.1:1", timeout=2, check_compatibility=False)
    knowledge = QdrantServerKnowledge.at(client)

    for ask in (knowledge.prepare, knowledge.ping, lambda: knowledge.search(BASE, "glass", 5)):
        with pytest.raises(KnowledgeUnavailable):
            await ask()
    await knowledge.close()


async def test_knowledge_bases_beyond_the_memory_allowed_are_counted_again(client: AsyncQdrantClient) -> None:
    knowledge = QdrantServerKnowledge.at(client, most_bases=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        await knowledge.prepare()
    await put(knowledge, document(1, "Glass lids."))
    other = KnowledgeBase("other", "shop")
    await knowledge.add_document(
        Document("d1", *other, "t", "Steel.", "public", "en", 1), chunk_markdown("d1", "t", "Steel.")
    )

    assert await knowledge.count(BASE) == 1
    assert len(await knowledge.search(BASE, "glass", 5)) == 1
    assert len(knowledge._bases) == 1
