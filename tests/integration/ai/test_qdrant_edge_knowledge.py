"""What the embedded engine adds: a folder that survives, or is built anew."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.ai.adapters.qdrant_edge_knowledge import FolderInUse, QdrantEdgeKnowledge
from services.ai.domain.documents import Chunk, Document, DocumentKey, KnowledgeBase
from services.ai.use_cases.index_documents import IndexDocuments
from services.ai.use_cases.ports import KnowledgeUnavailable
from tests.unit.ai.in_memory import InMemoryDocuments, InMemoryKnowledge

BASE = KnowledgeBase("acme", "shop")


def document(number: int, words: int = 5, base: KnowledgeBase = BASE) -> tuple[Document, list[Chunk]]:
    name = f"d{number}"
    text = " ".join(["glass", f"word{number}", *["filler"] * words])
    return Document(name, *base, f"Title {number}", text, language="en", revision=number), [
        Chunk(f"{name}#0", name, 0, f"Title {number}", text)
    ]


def spoil(folder: Path) -> None:
    for path in folder.rglob("segment.json"):
        path.write_text("not json")


@pytest.fixture
async def knowledge(tmp_path: Path) -> AsyncIterator[QdrantEdgeKnowledge]:
    engine = await QdrantEdgeKnowledge.open(tmp_path)
    yield engine
    await engine.close()


async def test_what_was_indexed_survives_a_restart_with_its_scores(tmp_path: Path) -> None:
    engine = await QdrantEdgeKnowledge.open(tmp_path)
    for number in range(10):
        await engine.add_document(*document(number, words=number))
        await engine.add_document(*document(number, base=KnowledgeBase("acme", "other shop")))
    before = await engine.search(BASE, "word3 glass", 5)
    await engine.close()

    engine = await QdrantEdgeKnowledge.open(tmp_path)
    after = await engine.search(BASE, "word3 glass", 5)
    await engine.add_document(*document(3, words=30))
    await engine.close()

    assert after == before
    assert before[0].document_id == "d3"


async def test_two_processes_never_share_a_folder(tmp_path: Path, knowledge: QdrantEdgeKnowledge) -> None:
    with pytest.raises(FolderInUse):
        await QdrantEdgeKnowledge.open(tmp_path)

    assert await knowledge.search(BASE, "glass", 5) == []


async def test_after_closing_nothing_can_be_asked(tmp_path: Path) -> None:
    engine = await QdrantEdgeKnowledge.open(tmp_path)
    await engine.close()

    with pytest.raises(KnowledgeUnavailable):
        await engine.search(BASE, "glass", 5)


async def test_a_question_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    engine = await QdrantEdgeKnowledge.open(tmp_path, search_seconds=0.0)
    try:
        with pytest.raises(KnowledgeUnavailable):
            await engine.search(BASE, "glass", 5)
    finally:
        await engine.close()


async def test_an_index_that_does_not_load_is_built_anew(tmp_path: Path) -> None:
    engine = await QdrantEdgeKnowledge.open(tmp_path)
    await engine.add_document(*document(1))
    await engine.close()
    spoil(tmp_path)

    engine = await QdrantEdgeKnowledge.open(tmp_path)
    try:
        assert await engine.revisions() == {}
        await engine.add_document(*document(1))
        assert len(await engine.search(BASE, "glass", 5)) == 1
    finally:
        await engine.close()


async def test_a_folder_that_cannot_be_used_is_let_go_of(tmp_path: Path) -> None:
    (tmp_path / "lexical-1").write_text("a file where the index should be")

    for _ in range(2):
        with pytest.raises(NotADirectoryError):
            await QdrantEdgeKnowledge.open(tmp_path)


async def test_an_index_of_another_format_is_thrown_away(tmp_path: Path) -> None:
    old = tmp_path / "lexical-0"
    old.mkdir()
    (old / "something").write_text("old")

    engine = await QdrantEdgeKnowledge.open(tmp_path)
    await engine.close()

    assert not old.exists()


CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from services.ai.adapters.qdrant_edge_knowledge import QdrantEdgeKnowledge
from tests.integration.ai.test_qdrant_edge_knowledge import document

async def main(folder, flush):
    engine = await QdrantEdgeKnowledge.open(Path(folder))
    for number in range(1, 21):
        await engine.add_document(*document(number))
    if flush:
        await engine.flush()
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(sys.argv[1], sys.argv[2] == "flush"))
"""


async def killed_while_indexing(folder: Path, how: str) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, str(folder), how, cwd=Path(__file__).parents[3]
    )
    async with asyncio.timeout(60):
        assert await child.wait() == -signal.SIGKILL


async def test_what_was_flushed_survives_a_kill(tmp_path: Path) -> None:
    await killed_while_indexing(tmp_path, "flush")

    engine = await QdrantEdgeKnowledge.open(tmp_path)
    try:
        assert len(await engine.revisions()) == 20
        assert (await engine.search(BASE, "word7", 5))[0].document_id == "d7"
    finally:
        await engine.close()


async def test_an_index_killed_before_its_flush_is_filled_again_from_the_store(tmp_path: Path) -> None:
    documents = InMemoryDocuments()
    for number in range(1, 21):
        await documents.save(document(number)[0])
    await killed_while_indexing(tmp_path, "no flush")

    engine = await QdrantEdgeKnowledge.open(tmp_path)
    try:
        assert await engine.revisions() == {}
        await IndexDocuments(documents, engine)()
        assert await engine.revisions() == await documents.revisions()
        assert (await engine.search(BASE, "word7", 5))[0].document_id == "d7"
    finally:
        await engine.close()


async def test_when_lengths_drift_all_weights_follow(knowledge: QdrantEdgeKnowledge) -> None:
    plain = InMemoryKnowledge()
    for number in range(250):  # more than two pages of reweighing
        for one in (plain, knowledge):
            await one.add_document(*document(number, words=3 if number < 200 else 60))

    expected = {one.chunk_id: one.score.lexical for one in await plain.search(BASE, "glass", 250)}
    actual = {one.chunk_id: one.score.lexical for one in await knowledge.search(BASE, "glass", 250)}

    assert actual.keys() == expected.keys()
    assert all(actual[chunk] == pytest.approx(score, rel=0.03) for chunk, score in expected.items())


async def test_knowledge_bases_beyond_the_memory_allowed_are_counted_again_when_asked(tmp_path: Path) -> None:
    bases = [KnowledgeBase("acme", f"bot{n}") for n in range(4)]
    engine = await QdrantEdgeKnowledge.open(tmp_path, most_terms=10)
    for base in bases:
        for number in range(5):
            await engine.add_document(*document(number, base=base))
    first = [await engine.search(base, "word3 glass", 2) for base in bases]
    again = [await engine.search(base, "word3 glass", 2) for base in bases]
    held = len(engine._shard._bases)
    await engine.close()

    reopened = await QdrantEdgeKnowledge.open(tmp_path, most_terms=10)
    after = [await reopened.search(base, "word3 glass", 2) for base in bases]
    await reopened.close()

    assert first == again == after
    assert held == 1


async def test_an_index_left_half_reweighed_is_weighed_anew_by_the_next_change(tmp_path: Path) -> None:
    engine = await QdrantEdgeKnowledge.open(tmp_path)
    for number in range(250):
        await engine.add_document(*document(number))
    means = engine._shard.means(BASE)
    await engine._run(lambda: engine._shard.reweigh_page(BASE, type(means)(9.0, 90.0, 40.0), None), 5)
    await engine.close()

    engine = await QdrantEdgeKnowledge.open(tmp_path)
    await engine.remove_document(DocumentKey(BASE, "d0"))
    scores = {round(one.score.lexical, 4) for one in await engine.search(BASE, "glass", 250)}
    await engine.close()

    assert len(scores) == 1
