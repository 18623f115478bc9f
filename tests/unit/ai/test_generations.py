"""An index is renewed while it serves."""

import asyncio
from typing import Any

import pytest

from services.ai.domain.documents import DocumentKey, KnowledgeBase
from services.ai.use_cases.embedding_ports import EmbeddingUnavailable
from services.ai.use_cases.generations import Generations
from services.ai.use_cases.index_documents import IndexDocuments
from services.ai.use_cases.ports import KnowledgeUnavailable
from services.ai.use_cases.put_document import PutDocument
from tests.unit.ai.in_memory import InMemoryDocuments, InMemoryKnowledge

BASE = KnowledgeBase("acme", "shop")


class OneGeneration(InMemoryKnowledge):
    """An engine that can be held up, and that answers nothing once it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.waiting = 2
        self.model_is_away = self.is_meaning_away = False
        self.is_prepared = self.is_closed = False

    async def prepare(self) -> None:
        self.is_prepared = True

    async def add_document(self, *args: Any) -> None:
        await self.goes_on.wait()
        await super().add_document(*args)

    async def embed_waiting(self) -> int:
        if self.model_is_away:
            raise EmbeddingUnavailable
        self.waiting = max(0, self.waiting - 1)
        return self.waiting

    async def ping(self) -> None:
        if self.is_down:
            raise KnowledgeUnavailable

    async def close(self) -> None:
        self.is_closed = self.is_down = True


class World:
    """Generations over a store with one document."""

    def __init__(self) -> None:
        self.documents = InMemoryDocuments()
        self.opened: dict[int, OneGeneration] = {}
        self.forgotten: list[int] = []
        self.generations = Generations(self.documents, self.open, self.forget)
        self.index = IndexDocuments(self.documents, self.generations)

    async def open(self, number: int) -> OneGeneration:
        return self.opened.setdefault(number, OneGeneration())

    async def forget(self, number: int) -> None:
        self.forgotten.append(number)

    async def put(self, name: str, text: str) -> None:
        await PutDocument(self.documents)(DocumentKey(BASE, name), text)

    async def found(self, query: str) -> list[str]:
        return [one.document_id for one in await self.generations.search(BASE, query, 5)]


@pytest.fixture
async def world() -> World:
    made = World()
    await made.put("lids", "Glass.")
    await made.generations.start()
    await made.index()
    return made


async def test_before_the_start_retrieval_is_off() -> None:
    world = World()
    with pytest.raises(KnowledgeUnavailable):
        await world.found("glass")
    assert not world.generations.is_meaning_away
    await world.generations.close()


async def test_the_generation_that_the_store_names_serves() -> None:
    world = World()
    await world.documents.next_generation()
    await world.generations.start()

    assert world.generations.number == 1
    assert world.opened[1].is_prepared
    await world.generations.close()
    assert world.opened[1].is_closed


async def test_whether_passages_are_found_by_meaning_is_that_of_the_one_that_serves(world: World) -> None:
    assert not world.generations.is_meaning_away
    world.opened[0].is_meaning_away = True
    assert world.generations.is_meaning_away


async def test_nothing_is_renewed_unasked(world: World) -> None:
    assert not await world.generations.renew()
    assert list(world.opened) == [0]


async def test_questions_are_answered_from_the_old_one_until_the_new_one_is_full(world: World) -> None:
    await world.documents.next_generation()
    world.opened[1] = OneGeneration()
    world.opened[1].goes_on.clear()
    renewing = asyncio.create_task(world.generations.renew())
    for _ in range(10):
        await asyncio.sleep(0)
    assert await world.found("glass") == ["lids"]
    assert (world.generations.filled.done, world.generations.filled.total) == (0, 1)
    await world.put("jugs", "Glass, too.")
    await world.index()

    world.opened[1].goes_on.set()
    assert await renewing
    world.index.start_over()
    await world.index()

    assert sorted(await world.found("glass")) == ["jugs", "lids"]
    assert world.generations.number == 1
    assert world.opened[0].is_closed
    assert world.forgotten == [0]
    assert world.opened[1].waiting == 0


async def test_a_question_that_the_change_cuts_off_is_asked_again(world: World) -> None:
    await world.documents.next_generation()
    search = world.opened[0].search

    async def cut_off(*args: Any) -> Any:
        await world.generations.renew()
        return await search(*args)

    world.opened[0].search = cut_off  # type: ignore[method-assign]

    assert await world.found("glass") == ["lids"]


async def test_an_engine_that_is_down_is_not_asked_twice(world: World) -> None:
    world.opened[0].is_down = True

    for ask in (world.generations.ping, lambda: world.found("glass")):
        with pytest.raises(KnowledgeUnavailable):
            await ask()


async def test_without_the_model_a_new_generation_serves_by_words(world: World) -> None:
    await world.documents.next_generation()
    world.opened[1] = OneGeneration()
    world.opened[1].model_is_away = True

    assert await world.generations.renew()
    assert await world.found("glass") == ["lids"]


async def test_a_generation_that_cannot_be_filled_is_given_up_and_the_old_one_serves(world: World) -> None:
    await world.documents.next_generation()
    world.opened[1] = OneGeneration()

    async def fails() -> None:
        raise KnowledgeUnavailable

    world.opened[1].prepare = fails  # type: ignore[method-assign]
    with pytest.raises(KnowledgeUnavailable):
        await world.generations.renew()

    assert world.opened[1].is_closed
    assert await world.found("glass") == ["lids"]


async def test_all_else_goes_to_the_one_that_serves(world: World) -> None:
    generations = world.generations
    await generations.flush()
    assert await generations.count(BASE) == 1
    assert await generations.embed_waiting() == 1
    await generations.remove_document(DocumentKey(BASE, "lids"))
    assert await generations.revisions() == {}
