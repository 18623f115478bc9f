"""Documents over their commands and queries, and files that become documents."""

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.contracts.base import SYSTEM, Message
from libs.contracts.envelope import wrap
from libs.contracts.errors import DomainError, ErrorCode, TransientError
from libs.contracts.knowledge import (
    DocumentFormat,
    GetDocument,
    GetKnowledgeStatus,
    ListDocuments,
    PutDocument,
    ReindexKnowledge,
    RemoveDocument,
)
from libs.runtime.received import Received
from services.ai.adapters.blob_files import BlobFiles
from services.ai.domain.documents import DocumentKey, KnowledgeBase
from services.ai.domain.files import FileText, InvalidDocument
from services.ai.entrypoints.knowing import Knowing
from services.ai.use_cases import put_document, remove_document
from services.ai.use_cases.generations import Engine, Generations
from services.ai.use_cases.index_documents import IndexDocuments
from services.ai.use_cases.look_at_knowledge import LookAtKnowledge
from services.ai.use_cases.reindex_knowledge import ReindexKnowledge as Reindex
from services.ai.use_cases.take_in_document import TakeInDocument
from services.ai.use_cases.take_in_file import TakeInFile
from tests.unit.ai.in_memory import InMemoryDocuments, InMemoryKnowledge
from tests.unit.ai.test_generations import OneGeneration
from tests.unit.runtime.blobs_suite import new_file, pieces
from tests.unit.runtime.in_memory_blobs import InMemoryBlobs

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIDS = b"---\ntitle: Lids\n---\nLids are made of glass."


class Reader:
    """Reads anything but one word."""

    async def read(self, format: str, body: bytes) -> FileText:  # noqa: A002 - as the port has it
        if body == b"broken":
            raise InvalidDocument("the file cannot be read")
        return FileText(body.decode(), "Its own title" if format == "pdf" else "")


class World:
    """The parts together, with one account's files."""

    def __init__(self) -> None:
        self.blobs = InMemoryBlobs()
        self.documents = InMemoryDocuments()
        self.knowledge = InMemoryKnowledge()
        self.index = IndexDocuments(self.documents, self.knowledge)
        self.generations = Generations(self.documents, self.open, self.forget)
        take_in = TakeInDocument(put_document.PutDocument(self.documents), self.index)
        self.knowing = Knowing(
            TakeInFile(BlobFiles(self.blobs), Reader(), take_in, most_bytes=100),
            remove_document.RemoveDocument(self.documents),
            LookAtKnowledge(self.documents, self.knowledge, self.index),
            engine="fake",
            embedding=None,
            reindex=Reindex(self.documents, self.generations),
        )

    async def open(self, _number: int) -> Engine:
        return OneGeneration()

    async def forget(self, _number: int) -> None:
        pass

    async def call(self, message: Message, account_id: str = "acme") -> Any:
        """As the queue would."""
        envelope = wrap(message, id="m1", source="test", time=NOW, accountid=account_id)
        routes = {
            **self.knowing.puts(),
            **self.knowing.removals(),
            **self.knowing.renewals(),
            **self.knowing.queries(),
        }
        return await routes[type(message)](Received(envelope, message))

    async def put(self, body: bytes, document_id: str = "lids", **given: Any) -> Any:
        """Upload a file and make it a document."""
        file = new_file(id="f1", account_id="acme")
        await self.blobs.put(file, pieces(body), most_bytes=1_000)
        command = {"chatbot_id": "bot", "document_id": document_id, "file_id": "f1", "format": "markdown"}
        return await self.call(PutDocument(actor=SYSTEM, **(command | given)))


async def test_a_file_becomes_a_document_and_is_gone() -> None:
    world = World()

    view = await world.put(LIDS)

    assert (view.id, view.title, view.visibility, view.state) == ("lids", "Lids", "public", "indexed")
    assert await world.blobs.find("acme", "f1") is None
    assert len(await world.knowledge.search(KnowledgeBase("acme", "bot"), "glass", 5)) == 1


async def test_what_is_said_beside_the_file_counts_before_what_it_says() -> None:
    world = World()

    view = await world.put(LIDS, title="Other", visibility="internal", language="fr")

    assert (view.title, view.visibility, view.language) == ("Other", "internal", "fr")


async def test_a_pdf_has_its_own_title_and_no_front_matter() -> None:
    world = World()

    view = await world.put(LIDS, format=DocumentFormat.PDF)

    assert view.title == "Its own title"
    text = await world.call(GetDocument(chatbot_id="bot", document_id="lids"))
    assert text.text == LIDS.decode()
    assert not text.is_cut


@pytest.mark.parametrize(("body", "reason"), [(b"broken", "cannot be read"), (b" ", "no text")])
async def test_a_file_that_is_no_document_is_refused_and_gone(body: bytes, reason: str) -> None:
    world = World()

    with pytest.raises(DomainError, match=reason) as refused:
        await world.put(body)

    assert refused.value.code == ErrorCode.INVALID
    assert await world.blobs.find("acme", "f1") is None


async def test_a_file_too_large_or_not_there_is_refused() -> None:
    world = World()
    with pytest.raises(DomainError) as large:
        await world.put(b"x" * 101)
    assert large.value.code == ErrorCode.TOO_LARGE
    with pytest.raises(DomainError) as missing:
        await world.call(
            PutDocument(actor=SYSTEM, chatbot_id="bot", document_id="d", file_id="f2", format="text")
        )
    assert missing.value.code == ErrorCode.NOT_FOUND


async def test_while_the_store_is_away_the_file_stays_for_the_next_attempt() -> None:
    world = World()

    async def away(_: object) -> Any:
        raise TransientError(ErrorCode.UNAVAILABLE, "the store is away")

    kept, world.documents.save = world.documents.save, away  # type: ignore[method-assign]
    with pytest.raises(TransientError):
        await world.put(LIDS)
    world.documents.save = kept  # type: ignore[method-assign]

    assert (await world.put(LIDS)).state == "indexed"


async def test_documents_are_listed_by_id_page_by_page() -> None:
    world = World()
    for number in (2, 1, 3):
        await world.put(b"Text", f"d{number}")

    first = await world.call(ListDocuments(chatbot_id="bot", page_size=2))
    rest = await world.call(ListDocuments(chatbot_id="bot", page_size=2, cursor=first.next_cursor))
    elsewhere = await world.call(ListDocuments(chatbot_id="bot"), account_id="other")

    assert [one.id for one in first.items] == ["d1", "d2"]
    assert [one.id for one in rest.items] == ["d3"]
    assert rest.next_cursor is None
    assert elsewhere.items == ()


async def test_a_long_text_is_shown_cut() -> None:
    world = World()
    key = DocumentKey(KnowledgeBase("acme", "bot"), "long")
    await put_document.PutDocument(world.documents)(key, "word " * 20_000)

    found = await world.call(GetDocument(chatbot_id="bot", document_id="long"))

    assert found.is_cut
    assert len(found.text) == 65_536
    assert found.state == "indexing"


async def test_a_removed_document_is_gone_and_another_accounts_never_was() -> None:
    world = World()
    await world.put(LIDS)
    remove = RemoveDocument(actor=SYSTEM, chatbot_id="bot", document_id="lids")

    with pytest.raises(DomainError) as foreign:
        await world.call(remove, account_id="other")
    assert foreign.value.code == ErrorCode.NOT_FOUND
    assert (await world.call(remove)).title == "Lids"
    for again in (remove, GetDocument(chatbot_id="bot", document_id="lids")):
        with pytest.raises(DomainError) as gone:
            await world.call(again)
        assert gone.value.code == ErrorCode.NOT_FOUND


async def test_the_status_tells_ready_from_indexing_from_off() -> None:
    world = World()
    status = GetKnowledgeStatus(chatbot_id="bot")
    await world.put(LIDS)

    ready = await world.call(status)
    assert (ready.state, ready.engine, ready.documents, ready.chunks) == ("ready", "fake", 1, 1)

    world.knowledge.is_down = True
    assert (await world.call(status)).state == "off"


async def test_progress_is_told_while_an_index_is_built() -> None:
    documents, knowledge = InMemoryDocuments(), InMemoryKnowledge()
    for number in range(3):
        key = DocumentKey(KnowledgeBase("acme", "bot"), f"d{number}")
        await put_document.PutDocument(documents)(key, "Text")
    told: list[tuple[int, int, int]] = []
    states: list[str] = []
    index = IndexDocuments(
        documents, knowledge, lambda progress: told.append((progress.done, progress.total, progress.left))
    )
    look = LookAtKnowledge(documents, knowledge, index)
    add = knowledge.add_document

    async def add_and_look(*args: Any) -> None:
        states.append((await look.status(KnowledgeBase("acme", "bot"))).state)
        await add(*args)

    knowledge.add_document = add_and_look  # type: ignore[method-assign]
    await index()

    assert told == [(0, 3, 3), (1, 3, 2), (2, 3, 1), (3, 3, 0)]
    assert states == ["indexing"] * 3
    assert (await look.status(KnowledgeBase("acme", "bot"))).state == "ready"


async def test_another_index_is_built_once_however_often_it_is_asked_for() -> None:
    world = World()
    await world.generations.start()
    reindex, status = ReindexKnowledge(actor=SYSTEM, chatbot_id="bot"), GetKnowledgeStatus(chatbot_id="bot")
    assert (await world.call(status)).next_generation is None

    begun, again = await world.call(reindex), await world.call(reindex)
    assert (begun.generation, begun.next_generation, again.next_generation) == (0, 1, 1)

    assert await world.generations.renew()
    done = await world.call(status)
    assert (done.generation, done.next_generation, done.to_rebuild) == (1, None, 0)
    assert (await world.call(reindex)).next_generation == 2
