"""The demo's articles, asked as people ask."""

from pathlib import Path

import pytest

from services.ai.domain.contact_requests import Answer, Chatbot, ContactRequest, Turn
from services.ai.domain.documents import DocumentKey, KnowledgeBase
from services.ai.domain.grounding import Thresholds
from services.ai.use_cases.answer_contact import AnswerContact
from services.ai.use_cases.index_documents import IndexDocuments
from services.ai.use_cases.put_document import PutDocument
from tests.unit.ai.in_memory import InMemoryDocuments, InMemoryKnowledge

ARTICLES = sorted((Path(__file__).parents[3] / "deploy/local/demo/knowledge").glob("*.md"))
BASE = KnowledgeBase("demo", "kettle-and-co")

QUESTIONS = {
    "How long does delivery take?": "delivery",
    "how much is shipping": "delivery",
    "is delivery free?": "delivery",
    "Do you ship to Norway?": "international-shipping",
    "do you deliver to the USA": "international-shipping",
    "where is my parcel": "order-tracking",
    "can I cancel my order": "order-changes",
    "How can I return a kettle?": "returns",
    "I want to send it back": "returns",
    "when do I get my money back": "refunds",
    "how long does a refund take": "refunds",
    "how long is the warranty on kettles?": "warranty",
    "my kettle is leaking": "warranty",
    "how do i descale my kettle": "descaling",
    "can I use vinegar to remove limescale?": "descaling",
    "is it dishwasher safe": "cleaning-care",
    "how to clean the filter": "cleaning-care",
    "it switches off before the water boils": "kettle-not-heating",
    "what temperature for green tea": "temperature-settings",
    "when are you open on saturday": "opening-hours",
    "what are your opening hours": "opening-hours",
    "can i collect my order in store?": "click-and-collect",
    "can I pay with paypal": "payment-methods",
    "I need an invoice": "invoices",
    "how long are gift cards valid": "gift-cards",
    "my discount code doesn't work": "discounts",
    "I forgot my password": "account-password",
    "do you sell replacement lids": "spare-parts",
    "which grind for espresso": "grinder-settings",
    "do you recycle old kettles": "sustainability",
}
NOT_COVERED = (
    "What is the capital of France?",
    "Can you recommend a good restaurant?",
    "Can I rent a coffee machine?",
    "How do I install Windows?",
    "do you offer workshops for latte art?",
    "do you have a loyalty programme?",
    "Which goodwill voucher may agents offer?",
)


@pytest.fixture(scope="module")
async def answer() -> AnswerContact:
    documents, knowledge = InMemoryDocuments(), InMemoryKnowledge()
    for path in ARTICLES:
        await PutDocument(documents)(DocumentKey(BASE, path.stem), path.read_text())
    await IndexDocuments(documents, knowledge)()
    return AnswerContact(knowledge, Thresholds())


def asks(text: str) -> ContactRequest:
    return ContactRequest(BASE.account_id, Chatbot(BASE.chatbot_id, "Kit"), Turn("1", "contact", text))


def test_there_are_enough_articles_and_one_is_internal() -> None:
    assert len(ARTICLES) >= 20
    assert sum("visibility: internal" in path.read_text() for path in ARTICLES) == 1


@pytest.mark.parametrize(("question", "article"), QUESTIONS.items())
async def test_a_question_finds_its_article(answer: AnswerContact, question: str, article: str) -> None:
    decision = await answer(asks(question))

    assert isinstance(decision, Answer)
    assert decision.kind == "answer"
    assert decision.citations[0].document_id == article


@pytest.mark.parametrize("question", NOT_COVERED)
async def test_what_no_article_covers_is_not_answered(answer: AnswerContact, question: str) -> None:
    decision = await answer(asks(question))

    assert isinstance(decision, Answer)
    assert decision.kind in ("not_found", "clarify")
