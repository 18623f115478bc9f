"""The routes of a chatbot's documents, over fakes."""

import pytest

from libs.contracts.chatbots import ChatbotView, GetChatbot
from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ErrorCode, TransientError
from libs.contracts.knowledge import (
    MOST_DOCUMENT_BYTES,
    DocumentFormat,
    DocumentPage,
    DocumentText,
    GetDocument,
    GetKnowledgeStatus,
    KnowledgeStatus,
    ListDocuments,
    PutDocument,
    ReindexKnowledge,
    RemoveDocument,
)
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import ACCOUNT, ANA, REQUESTER

ADA = Person(id="admin-ada", account_id=ACCOUNT, email="ada@example.org", name="Ada", role="admin")
DOCUMENTS = "/api/v1/chatbots/bot-1/documents"
MARKDOWN = {"Content-Type": "text/markdown; charset=utf-8"}


@pytest.fixture(autouse=True)
def _chatbot(site: Site) -> None:
    site.queries.result = ChatbotView(id="bot-1", name="Kettle").model_dump(mode="json")


async def test_an_administrator_uploads_a_document(site: Site) -> None:
    made = await site.client.post(
        f"{DOCUMENTS}?title=Lids&visibility=internal&language=en",
        content=b"Lids are made of glass.",
        headers=site.bearer(ADA, **MARKDOWN),
    )

    assert (made.status_code, made.json()["title"]) == (201, "Lids")
    (account_id, command_id, command) = site.knowledge.carried_out[0]
    assert isinstance(command, PutDocument)
    assert (account_id, command.chatbot_id, command.document_id) == (ACCOUNT, "bot-1", command_id)
    assert (command.format, command.visibility, command.language) == (
        DocumentFormat.MARKDOWN,
        "internal",
        "en",
    )
    assert command.actor.id == ADA.id
    assert await site.files.find(ACCOUNT, command.file_id) is None
    assert site.queries.asked == [(ACCOUNT, GetChatbot(person=ADA, chatbot_id="bot-1"))]


async def test_the_file_is_in_the_blob_store_while_the_answer_is_awaited(site: Site) -> None:
    site.knowledge.fails = TransientError(ErrorCode.OUTCOME_UNKNOWN, "not yet")

    answer = await site.client.put(
        f"{DOCUMENTS}/lids", content=b"a,b", headers=site.bearer(ADA, **{"Content-Type": "text/csv"})
    )

    assert answer.status_code == 504
    command = site.knowledge.carried_out[0][2]
    assert isinstance(command, PutDocument)
    assert (command.document_id, command.format) == ("lids", DocumentFormat.CSV)
    assert b"".join([piece async for piece in site.files.read(ACCOUNT, command.file_id)]) == b"a,b"
    stored = await site.files.find(ACCOUNT, command.file_id)
    assert stored is not None
    assert stored.expires_at is not None


async def test_a_file_that_cannot_be_read_is_refused_and_forgotten(site: Site) -> None:
    site.knowledge.fails = DomainError(ErrorCode.INVALID, "the file is no PDF")
    headers = site.bearer(ADA, **{"Content-Type": "application/pdf"})

    refused = await site.client.post(DOCUMENTS, content=b"GIF89a", headers=headers)

    assert (refused.status_code, refused.json()["detail"]) == (422, "the file is no PDF")
    command = site.knowledge.carried_out[0][2]
    assert isinstance(command, PutDocument)
    assert await site.files.find(ACCOUNT, command.file_id) is None


async def test_the_same_key_gives_the_same_answer_and_another_file_with_it_is_refused(site: Site) -> None:
    headers = site.bearer(ADA, **MARKDOWN, **{"Idempotency-Key": "k1"})

    first = await site.client.post(DOCUMENTS, content=b"Lids", headers=headers)
    again = await site.client.post(DOCUMENTS, content=b"Lids", headers=headers)
    other = await site.client.post(DOCUMENTS, content=b"Jugs", headers=headers)

    assert (again.status_code, again.json()) == (201, first.json())
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(site.knowledge.carried_out) == 1


@pytest.mark.parametrize(
    "content_type", ["application/json", "image/png", "", "multipart/form-data; boundary=x"]
)
async def test_other_kinds_of_files_are_refused(site: Site, content_type: str) -> None:
    answer = await site.client.post(
        DOCUMENTS, content=b"x", headers=site.bearer(ADA, **{"Content-Type": content_type})
    )

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_a_file_that_is_too_large_is_refused(site: Site) -> None:
    headers = site.bearer(ADA, **MARKDOWN)
    fits = await site.client.post(DOCUMENTS, content=b"x" * 2_000_000, headers=headers)
    assert fits.status_code == 201
    site.knowledge.carried_out.clear()

    answer = await site.client.post(
        DOCUMENTS, content=b"x" * (MOST_DOCUMENT_BYTES + 1), headers=site.bearer(ADA, **MARKDOWN)
    )

    assert answer.status_code == 413
    assert site.knowledge.carried_out == []


@pytest.mark.parametrize("query", ["visibility=secret", "language=english", "title=%20", "shape=round"])
async def test_a_query_that_does_not_fit_is_refused(site: Site, query: str) -> None:
    answer = await site.client.post(
        f"{DOCUMENTS}?{query}", content=b"x", headers=site.bearer(ADA, **MARKDOWN)
    )

    assert answer.status_code == 400


async def test_documents_are_listed_read_and_removed(site: Site) -> None:
    headers = site.bearer(ADA)
    listed = await site.client.get(f"{DOCUMENTS}?page_size=5&cursor=a", headers=headers)
    assert (listed.status_code, listed.json()) == (200, {"items": [], "next_cursor": None})
    site.knowledge.answer = DocumentText(
        id="lids",
        chatbot_id="bot-1",
        title="Lids",
        visibility="public",
        revision=1,
        characters=4,
        state="indexed",
        text="Lids",
    )
    assert (await site.client.get(f"{DOCUMENTS}/lids", headers=headers)).json()["text"] == "Lids"
    removed = await site.client.delete(f"{DOCUMENTS}/lids", headers=headers)
    assert (removed.status_code, removed.json()["id"]) == (200, "lids")
    assert [query for _, query in site.knowledge.asked] == [
        ListDocuments(chatbot_id="bot-1", page_size=5, cursor="a"),
        GetDocument(chatbot_id="bot-1", document_id="lids"),
    ]
    assert isinstance(site.knowledge.carried_out[0][2], RemoveDocument)


async def test_the_status_names_what_answers_are_found_with(site: Site) -> None:
    site.knowledge.answer = KnowledgeStatus(state="off", engine="qdrant-edge", documents=3, chunks=0)

    found = await site.client.get("/api/v1/chatbots/bot-1/knowledge", headers=site.bearer(ADA))

    assert (found.json()["state"], found.json()["engine"]) == ("off", "qdrant-edge")
    assert site.knowledge.asked == [(ACCOUNT, GetKnowledgeStatus(chatbot_id="bot-1"))]


async def test_documents_of_a_chatbot_that_is_not_there_are_not_there(site: Site) -> None:
    site.queries.error = DomainError(ErrorCode.NOT_FOUND, "There is no such chatbot.")
    site.knowledge.answer = DocumentPage(items=())

    for answer in (
        await site.client.get(DOCUMENTS, headers=site.bearer(ADA)),
        await site.client.post(DOCUMENTS, content=b"x", headers=site.bearer(ADA, **MARKDOWN)),
        await site.client.delete(f"{DOCUMENTS}/lids", headers=site.bearer(ADA)),
    ):
        assert answer.status_code == 404
    assert site.knowledge.carried_out == []


async def test_only_administrators_have_to_do_with_documents(site: Site) -> None:
    for person in (ANA, REQUESTER):
        answer = await site.client.get(DOCUMENTS, headers=site.bearer(person))
        assert answer.status_code == 403


async def test_an_administrator_has_the_index_built_anew(site: Site) -> None:
    path = "/api/v1/chatbots/bot-1/knowledge/reindex"

    begun = await site.client.post(path, headers=site.bearer(ADA))

    assert (begun.status_code, begun.json()["generation"], begun.json()["next_generation"]) == (202, 3, 4)
    ((account, _, command),) = site.knowledge.carried_out
    assert (account, isinstance(command, ReindexKnowledge)) == (ACCOUNT, True)
