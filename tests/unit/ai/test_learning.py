"""What an agent's decision teaches, and how it is taken back."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.ai.domain.documents import Document, DocumentKey
from services.ai.domain.learning import may_be_learnt, still_says
from services.ai.use_cases.cast_vote import CastVote
from services.ai.use_cases.learn_from_decision import LearnFromDecision
from services.ai.use_cases.learn_phrasing import ForgetPhrasing, LearnPhrasing
from services.ai.use_cases.remember_proposal import RememberProposal
from services.ai.use_cases.unlearn import Unlearn
from tests.unit.ai.conversations import BASE, asked
from tests.unit.ai.in_memory import InMemoryDocuments
from tests.unit.ai.learning_fakes import InMemoryProposals, InMemoryVotes

QUOTE = "Shipping costs 4.90 euros."
ASKED = "how much is the postage for a kettle"
KEY = DocumentKey(BASE, "shipping")


async def remembered(text: str = ASKED) -> tuple[InMemoryProposals, InMemoryDocuments, LearnFromDecision]:
    proposals, documents = InMemoryProposals(), InMemoryDocuments()
    await documents.save(Document("shipping", *BASE, "Shipping", QUOTE, "public", "en"))
    request = replace(asked(text), conversation_id="c-1", contact_names=("Mia Berg",))
    remember = RememberProposal(proposals, now)
    for _ in range(2):
        await remember(
            request, "s-1", "en", f"{QUOTE} Mia Berg, tell mia@home.example.", documents=["shipping"]
        )
    cast = CastVote(InMemoryVotes(), documents)
    return proposals, documents, LearnFromDecision(proposals, LearnPhrasing(documents), cast, now)


def now() -> datetime:
    return datetime(2026, 11, 28, tzinfo=UTC)


async def phrasings(documents: InMemoryDocuments) -> list[str]:
    stored = await documents.get(KEY)
    assert stored is not None
    return [one.question for one in stored.phrasings]


async def test_an_approved_answer_teaches_its_article_the_question_once() -> None:
    proposals, documents, learn = await remembered()
    for _ in range(2):
        await learn("acme", "s-1", "approved", [("shipping", QUOTE), ("gone", QUOTE)], QUOTE)
    assert await phrasings(documents) == [ASKED]
    assert (proposals.rows["s-1"].outcome, proposals.rows["s-1"].learnt) == ("approved", ("shipping",))


async def test_an_edited_answer_teaches_only_what_it_still_says() -> None:
    _, documents, learn = await remembered()
    await learn("acme", "s-1", "edited", [("shipping", QUOTE)], "Let me look into that for you.")
    assert await phrasings(documents) == []
    await learn("acme", "s-1", "edited", [("shipping", QUOTE)], "Hi! The shipping costs 4.90 euros, Mia.")
    assert await phrasings(documents) == [ASKED]


async def test_what_is_kept_of_a_suggestion_has_no_personal_data() -> None:
    proposals, _, learn = await remembered()
    await learn("acme", "s-1", "edited", [], "Dear Mia, ask +49 30 901820.", ("Mia Berg",))
    kept = proposals.rows["s-1"]
    assert kept.proposed == f"{QUOTE} [NAME_1], tell [EMAIL_1]."
    assert kept.sent == "Dear [NAME_1], ask [PHONE_1]."


async def test_a_rejected_answer_teaches_nothing_and_is_kept_as_such() -> None:
    proposals, documents, learn = await remembered()
    await learn("acme", "s-1", "rejected")
    assert (await phrasings(documents), proposals.rows["s-1"].outcome) == ([], "rejected")


async def test_nothing_crosses_accounts() -> None:
    _, documents, learn = await remembered()
    await learn("other", "s-1", "approved", [("shipping", QUOTE)], QUOTE)
    assert await phrasings(documents) == []


async def test_what_an_erased_person_taught_is_taken_back() -> None:
    proposals, documents, learn = await remembered()
    await learn("acme", "s-1", "approved", [("shipping", QUOTE)], QUOTE)
    unlearn = Unlearn(proposals, InMemoryVotes(), ForgetPhrasing(documents))
    await unlearn("acme", ["c-9"])
    assert await phrasings(documents) == [ASKED]
    await unlearn("acme", ["c-1"])
    await unlearn("acme", ["c-1"])
    assert (await phrasings(documents), proposals.rows) == ([], {})


async def test_a_question_that_is_not_to_be_learnt_is_not_kept() -> None:
    proposals, documents, learn = await remembered("My mail is mia@home.example, what does shipping cost?")
    assert proposals.rows["s-1"].question == ""
    await learn("acme", "s-1", "approved", [("shipping", QUOTE)], QUOTE)
    assert await phrasings(documents) == []


@pytest.mark.parametrize(
    "question",
    [
        "hi",
        "I am Mia Berg, where is my parcel?",
        "Call me about the parcel on +49 30 901820",
        "Is https://odd.example your shop for kettles?",
        "This is ridiculous, your kettle is useless!",
        "Can I talk to a human about my kettle?",
        "kettle parcel " * 60,
    ],
)
def test_moderation(question: str) -> None:
    assert not may_be_learnt(question, ("Mia Berg",))
    assert may_be_learnt(ASKED)


def test_a_quote_without_topics_says_nothing() -> None:
    assert not still_says("it is so", "it is so", "en")
