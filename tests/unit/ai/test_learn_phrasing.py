from services.ai.domain.documents import DocumentKey, KnowledgeBase, Phrasing
from services.ai.use_cases.index_documents import IndexDocuments
from services.ai.use_cases.learn_phrasing import ForgetPhrasing, LearnPhrasing
from services.ai.use_cases.put_document import PutDocument
from services.ai.use_cases.remove_document import RemoveDocument
from tests.unit.ai.in_memory import InMemoryDocuments, InMemoryKnowledge

SHOP = KnowledgeBase("acme", "shop")
KEY = DocumentKey(SHOP, "vouchers")
ASKED = Phrasing("when does my present expire", "four years")


async def stored() -> InMemoryDocuments:
    documents = InMemoryDocuments()
    await PutDocument(documents)(KEY, "# Gift cards\n\nThey last four years.")
    return documents


async def found(documents: InMemoryDocuments, question: str) -> list[str]:
    knowledge = InMemoryKnowledge()
    await IndexDocuments(documents, knowledge)()
    return [passage.chunk_id for passage in await knowledge.search(SHOP, question, 5)]


async def test_a_learnt_phrasing_finds_its_document_until_it_is_taken_back() -> None:
    documents = await stored()
    assert await found(documents, "present expire") == []

    assert await LearnPhrasing(documents)(KEY, ASKED)
    assert await found(documents, "present expire") == ["vouchers#0"]

    assert await ForgetPhrasing(documents)(KEY, "When does my present expire")
    assert not await ForgetPhrasing(documents)(KEY, ASKED.question)
    assert await found(documents, "present expire") == []


async def test_a_new_version_keeps_what_was_learnt() -> None:
    documents = await stored()
    await LearnPhrasing(documents)(KEY, ASKED)

    await PutDocument(documents)(KEY, "# Gift cards\n\nThey last five years.")

    assert documents.stored[KEY].phrasings == (ASKED,)


async def test_a_removed_document_keeps_no_phrasing_and_learns_none() -> None:
    documents = await stored()
    await LearnPhrasing(documents)(KEY, ASKED)
    await RemoveDocument(documents)(KEY)

    assert documents.stored[KEY].phrasings == ()
    assert not await LearnPhrasing(documents)(KEY, ASKED)


async def test_nothing_is_learnt_of_nothing() -> None:
    documents = await stored()
    nowhere = DocumentKey(SHOP, "nowhere")

    assert not await LearnPhrasing(documents)(nowhere, ASKED)
    assert not await LearnPhrasing(documents)(KEY, Phrasing("  "))
    assert not await ForgetPhrasing(documents)(nowhere, ASKED.question)
