"""Storing documents and keeping the index level with them."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ai.domain.documents import MAX_DOCUMENT_CHARACTERS, Document, DocumentKey, KnowledgeBase
from services.ai.domain.files import InvalidDocument
from services.ai.use_cases.index_documents import IndexDocuments, IndexReport
from services.ai.use_cases.put_document import PutDocument
from services.ai.use_cases.remove_document import RemoveDocument
from services.ai.use_cases.take_in_document import TakeInDocument
from tests.unit.ai.in_memory import InMemoryDocuments, InMemoryKnowledge

BASE = KnowledgeBase("acme", "bot")
OTHER = KnowledgeBase("other", "bot")


def key(document_id: str, base: KnowledgeBase = BASE) -> DocumentKey:
    return DocumentKey(base, document_id)


async def test_front_matter_names_title_visibility_and_language() -> None:
    documents = InMemoryDocuments()

    stored = await PutDocument(documents)(
        key("rules"), "---\ntitle: House rules\nvisibility: Internal\nlanguage: DE\n---\n# Other\nText"
    )

    assert stored == Document("rules", "acme", "bot", "House rules", "# Other\nText", "internal", "de", 1)
    assert await documents.get(key("rules")) == stored


@pytest.mark.parametrize(
    ("markdown", "title", "language"),
    [
        ("# Opening hours\nWe are open all the time.", "Opening hours", "en"),
        ("Wir sind immer für Sie da.", "doc", "de"),
        ("KC-300", "doc", None),
    ],
)
async def test_without_front_matter_heading_and_words_tell(
    markdown: str, title: str, language: str | None
) -> None:
    stored = await PutDocument(InMemoryDocuments())(key("doc"), markdown)

    assert (stored.title, stored.language, stored.visibility) == (title, language, "public")


@pytest.mark.parametrize(
    "markdown",
    [
        "",
        "---\ntitle: Empty\n---\n \n",
        "---\nvisibility: privat\n---\nText",
        "x" * (MAX_DOCUMENT_CHARACTERS + 1),
    ],
    ids=["nothing", "front matter alone", "unknown visibility", "too long"],
)
async def test_what_is_no_document_is_refused(markdown: str) -> None:
    documents = InMemoryDocuments()

    with pytest.raises(InvalidDocument):
        await PutDocument(documents)(key("doc"), markdown)
    assert documents.stored == {}


async def test_the_same_content_again_is_no_new_version() -> None:
    put = PutDocument(InMemoryDocuments())

    first = await put(key("doc"), "Some text")

    assert await put(key("doc"), "Some text") == first
    assert (await put(key("doc"), "Other text")).revision == 2


async def test_a_removed_document_leaves_a_stub_without_text_and_can_come_back() -> None:
    documents = InMemoryDocuments()
    await PutDocument(documents)(key("doc"), "Some text")
    remove = RemoveDocument(documents)

    assert await remove(key("doc"))
    stub = await documents.get(key("doc"))
    assert stub is not None
    assert (stub.removed, stub.text, stub.revision) == (True, "", 2)
    assert not await remove(key("doc"))
    assert not await remove(key("never there"))
    assert (await PutDocument(documents)(key("doc"), "Some text")).removed is False


async def test_a_document_taken_in_is_found_at_once() -> None:
    documents, knowledge = InMemoryDocuments(), InMemoryKnowledge()

    await TakeInDocument(PutDocument(documents), IndexDocuments(documents, knowledge))(
        key("doc"), "Lids of glass"
    )

    assert [one.text for one in await knowledge.search(BASE, "lids", 5)] == ["Lids of glass"]


async def test_the_first_run_repairs_whatever_the_index_holds() -> None:
    documents, knowledge = InMemoryDocuments(), InMemoryKnowledge()
    put = PutDocument(documents)
    await put(key("kept"), "Kept")
    await put(key("old"), "Old version")
    await IndexDocuments(documents, knowledge)()
    await put(key("old"), "New version")
    await put(key("new"), "New")
    await knowledge.add_document(Document("gone", *OTHER, "Gone", "Gone", revision=99), [])
    await RemoveDocument(documents)(key("kept"))
    documents.reads.clear()

    report = await IndexDocuments(documents, knowledge)()

    assert report == IndexReport(indexed=2, removed=1)
    assert documents.reads == [key("old"), key("new")]
    assert await knowledge.revisions() == await documents.revisions()
    assert [one.text for one in await knowledge.search(BASE, "version", 5)] == ["New version"]


async def test_later_runs_read_only_what_changed() -> None:
    documents, knowledge = InMemoryDocuments(), InMemoryKnowledge()
    put, index = PutDocument(documents), IndexDocuments(documents, knowledge)
    await put(key("a"), "First")
    await put(key("b"), "Second")
    await index()
    documents.reads.clear()
    await put(key("a"), "First, changed")
    await RemoveDocument(documents)(key("b"))
    await put(key("b", OTHER), "Another tenant's")
    documents.reads.clear()

    assert await index() == IndexReport(indexed=2, removed=1)
    assert await index() == IndexReport()
    assert documents.reads == []
    assert await knowledge.revisions() == await documents.revisions()


async def test_a_document_removed_while_the_first_run_reads_is_not_indexed() -> None:
    class ChangingDocuments(InMemoryDocuments):
        async def get(self, wanted: DocumentKey) -> Document | None:
            if wanted.document_id == "vanished":
                return None
            if not self.stored[wanted].removed:
                await RemoveDocument(self.inner)(wanted)
            return self.stored[wanted]

        @property
        def inner(self) -> InMemoryDocuments:
            plain = InMemoryDocuments()
            plain.stored = self.stored
            return plain

    documents, knowledge = ChangingDocuments(), InMemoryKnowledge()
    await documents.save(Document("a", *BASE, "A", "Text"))
    await documents.save(Document("vanished", *BASE, "V", "Text"))

    assert (await IndexDocuments(documents, knowledge)()).indexed == 1
    assert await knowledge.revisions() == {}


async def test_changes_are_flushed_once_they_pause() -> None:
    documents, knowledge = InMemoryDocuments(), InMemoryKnowledge()
    put, index = PutDocument(documents), IndexDocuments(documents, knowledge)
    await index()
    for n in range(3):
        await put(key(str(n)), f"Text {n}")
        await index()
    assert knowledge.flushed == 0

    await index()
    await index()

    assert knowledge.flushed == 1


async def test_many_changes_are_flushed_without_a_pause() -> None:
    documents, knowledge = InMemoryDocuments(), InMemoryKnowledge()
    for n in range(200):
        await documents.save(Document(str(n), *BASE, "T", "Text"))

    await IndexDocuments(documents, knowledge)()

    assert knowledge.flushed == 1


async def test_runs_at_the_same_time_index_each_change_once() -> None:
    documents, knowledge = InMemoryDocuments(), InMemoryKnowledge()
    index = IndexDocuments(documents, knowledge)
    await documents.save(Document("a", *BASE, "A", "Text"))

    reports = await asyncio.gather(index(), index(), index())

    assert sum(report.indexed for report in reports) == 1


changes = st.lists(
    st.tuples(
        st.sampled_from(["put", "remove", "run", "restart"]),
        st.integers(0, 4),
        st.text(min_size=1, max_size=9),
    ),
    max_size=25,
)


@given(changes)
async def test_after_a_run_the_index_is_level_with_the_store_whatever_happened(
    steps: list[tuple[str, int, str]],
) -> None:
    documents, knowledge = InMemoryDocuments(), InMemoryKnowledge()
    index = IndexDocuments(documents, knowledge)
    for what, number, text in steps:
        if what == "put":
            await PutDocument(documents)(key(str(number)), f"word {text}")
        elif what == "remove":
            await RemoveDocument(documents)(key(str(number)))
        elif what == "run":
            await index()
        else:
            index = IndexDocuments(documents, knowledge)

    await index()

    assert await knowledge.revisions() == await documents.revisions()
