"""What every implementation of the port `Knowledge` must do: run against the fake and the real engine."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qdrant_client import AsyncQdrantClient

from services.ai.adapters.qdrant_edge_knowledge import QdrantEdgeKnowledge
from services.ai.adapters.qdrant_server_knowledge import QdrantServerKnowledge
from services.ai.domain.chunking import chunk_markdown
from services.ai.domain.documents import Document, DocumentKey, KnowledgeBase, Visibility
from services.ai.use_cases.ports import Knowledge
from tests.unit.ai.embedding_fakes import Letters
from tests.unit.ai.in_memory import InMemoryKnowledge

ACME = KnowledgeBase("acme", "shop")
SISTER = KnowledgeBase("acme", "help")
OTHER = KnowledgeBase("other", "shop")


@pytest.fixture(params=["fake", "engine", "engine with vectors", "server", "server with vectors"])
async def knowledge(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Knowledge]:
    if request.param == "fake":
        yield InMemoryKnowledge()
        return
    embedder = Letters() if "vectors" in request.param else None
    if "server" in request.param:
        on_server = QdrantServerKnowledge.at(AsyncQdrantClient(location=":memory:"), embedder=embedder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the client's own mode needs no payload indexes
            await on_server.prepare()
        yield on_server
        await on_server.close()
        return
    engine = await QdrantEdgeKnowledge.open(tmp_path, embedder=embedder)
    yield engine
    await engine.close()


async def put(
    knowledge: Knowledge,
    document_id: str,
    text: str,
    *,
    base: KnowledgeBase = ACME,
    title: str | None = None,
    visibility: Visibility = "public",
    revision: int = 1,
    language: str | None = "en",
) -> None:
    document = Document(document_id, *base, title or document_id, text, visibility, language, revision)
    await knowledge.add_document(document, chunk_markdown(document_id, document.title, text))


async def found(knowledge: Knowledge, query: str, base: KnowledgeBase = ACME) -> list[str]:
    return [passage.chunk_id for passage in await knowledge.search(base, query, 10)]


async def test_nothing_is_found_in_an_empty_index(knowledge: Knowledge) -> None:
    assert await knowledge.search(ACME, "anything at all", 5) == []
    assert await knowledge.revisions() == {}


async def test_a_passage_comes_back_as_it_was_put_in(knowledge: Knowledge) -> None:
    await put(knowledge, "lids", "# Care\n\nLids are made of **glass**.", title="About lids")

    (passage,) = await knowledge.search(ACME, "glass", 5)

    assert (passage.document_id, passage.chunk_id, passage.title) == ("lids", "lids#0", "About lids")
    assert (passage.headings, passage.text) == (("Care",), "Lids are made of glass.")
    assert (passage.visibility, passage.language) == ("public", "en")
    assert 0 < passage.score.confidence < 1


async def test_the_better_match_comes_first_and_the_limit_holds(knowledge: Knowledge) -> None:
    await put(knowledge, "a", "Steel kettles and glass lids.")
    await put(knowledge, "b", "A kettle of glass, and glass again, all glass.")
    await put(knowledge, "c", "Wooden spoons.")

    assert await found(knowledge, "glass") == ["b#0", "a#0"]
    assert len(await knowledge.search(ACME, "glass", 1)) == 1


async def test_the_title_weighs_more_than_the_text(knowledge: Knowledge) -> None:
    await put(knowledge, "text", "On returns we say little here today.", title="Other things")
    await put(knowledge, "title", "We take all of them back here today.", title="Returns")

    assert (await found(knowledge, "returns"))[0] == "title#0"


async def test_forms_of_a_word_match_in_the_documents_language(knowledge: Knowledge) -> None:
    await put(knowledge, "en", "We are shipping parcels.", language="en")
    await put(knowledge, "de", "Die Häuser werden geliefert.", language="de")
    await put(knowledge, "it", "Spedizione rapida", language="it")

    assert await found(knowledge, "ship a parcel") == ["en#0"]
    assert await found(knowledge, "Haus") == ["de#0"]
    assert await found(knowledge, "spedizione") == ["it#0"]


async def test_a_new_version_takes_the_place_of_the_old(knowledge: Knowledge) -> None:
    await put(knowledge, "lids", "# A\n\nGlass one.\n\n# B\n\nGlass two.\n\n# C\n\nGlass three.", revision=1)
    await put(knowledge, "lids", "# A\n\nSteel.", revision=2)

    assert await found(knowledge, "glass") == []
    assert await found(knowledge, "steel") == ["lids#0"]
    assert await knowledge.revisions() == {DocumentKey(ACME, "lids"): 2}


async def test_a_version_without_text_leaves_nothing(knowledge: Knowledge) -> None:
    await put(knowledge, "lids", "Glass.")
    await put(knowledge, "lids", "")

    assert await found(knowledge, "glass") == []
    assert await knowledge.revisions() == {}


async def test_a_removed_document_is_not_found_and_may_be_removed_again(knowledge: Knowledge) -> None:
    await put(knowledge, "lids", "Glass.")
    await put(knowledge, "jugs", "Glass.")

    await knowledge.remove_document(DocumentKey(ACME, "lids"))
    await knowledge.remove_document(DocumentKey(ACME, "lids"))

    assert await found(knowledge, "glass") == ["jugs#0"]


async def test_accounts_and_chatbots_do_not_see_each_other(knowledge: Knowledge) -> None:
    await put(knowledge, "lids", "Glass of acme's shop.", base=ACME)
    await put(knowledge, "lids", "Glass of acme's help.", base=SISTER, revision=7)
    await put(knowledge, "lids", "Glass of the other's shop.", base=OTHER, revision=9)

    for base, words in ((ACME, "acme's shop"), (SISTER, "acme's help"), (OTHER, "other's shop")):
        (passage,) = await knowledge.search(base, "glass", 5)
        assert words in passage.text
    await knowledge.remove_document(DocumentKey(OTHER, "lids"))
    assert await knowledge.revisions() == {DocumentKey(ACME, "lids"): 1, DocumentKey(SISTER, "lids"): 7}


async def test_one_tenants_words_do_not_change_anothers_scores(knowledge: Knowledge) -> None:
    await put(knowledge, "a", "Glass lids.")
    await put(knowledge, "b", "Steel jugs of some length and width.")
    before = await knowledge.search(ACME, "glass lids", 5)

    for n in range(20):
        await put(knowledge, f"d{n}", f"Glass lids and a lot more words than there {'x ' * n}", base=OTHER)

    assert await knowledge.search(ACME, "glass lids", 5) == before


async def test_for_a_visitor_internal_documents_do_not_exist(knowledge: Knowledge) -> None:
    await put(knowledge, "rules", "Discount of twenty percent.", visibility="internal")
    await put(knowledge, "offer", "Discount for students.")

    assert await found(knowledge, "discount") == ["offer#0"]
    for_agents = await knowledge.search(ACME, "discount percent", 5, "agent")
    assert [(one.chunk_id, one.visibility) for one in for_agents] == [
        ("rules#0", "internal"),
        ("offer#0", "public"),
    ]


async def test_a_document_that_turns_internal_is_gone_for_visitors(knowledge: Knowledge) -> None:
    await put(knowledge, "offer", "Discount for students.")
    await put(knowledge, "offer", "Discount for students.", visibility="internal", revision=2)

    assert await found(knowledge, "discount") == []


@pytest.mark.parametrize("query", ["", "   ", "🙂", "unknown words only", "'; DROP", "x" * 5_000])
async def test_a_question_without_a_known_word_finds_nothing(knowledge: Knowledge, query: str) -> None:
    await put(knowledge, "lids", "Glass.")

    assert await knowledge.search(ACME, query, 5) == []


async def test_flushing_changes_nothing(knowledge: Knowledge) -> None:
    await put(knowledge, "lids", "Glass.")
    await knowledge.flush()

    assert await found(knowledge, "glass") == ["lids#0"]


async def test_questions_and_changes_may_come_at_once(knowledge: Knowledge) -> None:
    async def change(n: int) -> None:
        await put(knowledge, f"d{n % 5}", f"Glass number {n}", revision=n)

    results = await asyncio.gather(
        *(change(n) for n in range(30)), *(knowledge.search(ACME, "glass", 10) for _ in range(30))
    )

    assert all(result is None or isinstance(result, list) for result in results)
    assert sorted(await found(knowledge, "glass")) == [f"d{n}#0" for n in range(5)]


@pytest.fixture(scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QdrantEdgeKnowledge]:
    knowledge = await QdrantEdgeKnowledge.open(tmp_path_factory.mktemp("knowledge"))
    yield knowledge
    await knowledge.close()


words = st.sampled_from(["glass", "steel", "lid", "jug", "kettle", "spout", "handle", "boil", "water", "tea"])
changes_of_two = st.lists(
    st.tuples(st.integers(0, 5), st.lists(words, max_size=12), st.booleans()), max_size=15
)


@settings(max_examples=40)
@given(changes=changes_of_two, asked=st.lists(words, min_size=1, max_size=4))
async def test_the_engine_scores_as_plain_bm25_does(
    engine: QdrantEdgeKnowledge, changes: list[tuple[int, list[str], bool]], asked: list[str]
) -> None:
    """Weights are computed with a mean length that may lag by 5 %: scores agree within 3 %."""
    plain = InMemoryKnowledge()
    mine, others = KnowledgeBase(str(uuid4()), "shop"), KnowledgeBase(str(uuid4()), "shop")
    for number, text, is_mine in changes:
        base = mine if is_mine else others
        for one in (plain, engine):
            await put(one, f"d{number}", " ".join(text), base=base, title=f"Title {number}")

    expected = {one.chunk_id: one.score for one in await plain.search(mine, " ".join(asked), 20)}
    actual = {one.chunk_id: one.score for one in await engine.search(mine, " ".join(asked), 20)}

    assert actual.keys() == expected.keys()
    for chunk_id, score in expected.items():
        assert actual[chunk_id].lexical == pytest.approx(score.lexical, rel=0.03)
        assert actual[chunk_id].mass == pytest.approx(score.mass)
