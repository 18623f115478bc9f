"""A small knowledge base, and messages to a bot that has it."""

from services.ai.domain.chunking import chunk_markdown
from services.ai.domain.contact_requests import (
    Answer,
    Chatbot,
    ContactRequest,
    Handoff,
    NoAnswer,
    Role,
    Turn,
)
from services.ai.domain.documents import Document, KnowledgeBase, Visibility
from services.ai.domain.grounding import Thresholds
from services.ai.domain.rules import HandoffRules
from services.ai.use_cases.answer_contact import AnswerContact
from tests.unit.ai.in_memory import InMemoryKnowledge

BASE = KnowledgeBase("acme", "bot")
SHIPPING = "We ship to Norway and Sweden.\n\n## Costs\nShipping costs 4.90 euros."
HOURS = (
    "The shop is open from Tuesday to Friday, 10 am to 7 pm.\n\n## Sundays\nOn Sundays the shop is closed."
)
DISCOUNT = "Agents may grant a discount of 20 percent to loyal customers."


async def known() -> InMemoryKnowledge:
    knowledge = InMemoryKnowledge()
    articles: list[tuple[str, str, Visibility]] = [
        ("Shipping", SHIPPING, "public"),
        ("Opening hours", HOURS, "public"),
        ("Loyalty discount", DISCOUNT, "internal"),
        ("Lids", "Lids are made of glass.", "public"),
        ("Filters", "A filter lasts for a year.", "public"),
    ]
    for title, text, visibility in articles:
        document = Document(title.lower(), *BASE, title, text, visibility, "en")
        await knowledge.add_document(document, chunk_markdown(document.id, title, text))
    return knowledge


def asked(
    text: str, *before: tuple[Role, str], rules: HandoffRules | None = None, attachment: bool = False
) -> ContactRequest:
    turns = tuple(Turn(str(at), role, said) for at, (role, said) in enumerate(before))
    message = Turn("last", "contact", text)
    bot = Chatbot("bot", "Kit", "Be kind.", rules or HandoffRules())
    return ContactRequest("acme", bot, message, (*turns, message), attachment)


async def decide(
    request: ContactRequest, knowledge: InMemoryKnowledge | None = None
) -> Answer | Handoff | NoAnswer:
    return await AnswerContact(knowledge or await known(), Thresholds())(request)
