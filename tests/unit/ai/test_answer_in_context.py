"""Bursts, and questions that only make sense with what was said before."""

from services.ai.domain.chunking import chunk_markdown
from services.ai.domain.contact_requests import (
    Answer,
    Handoff,
)
from services.ai.domain.documents import Document
from tests.unit.ai.conversations import BASE, asked, decide, known
from tests.unit.ai.in_memory import InMemoryKnowledge


async def test_a_burst_gets_one_answer_to_all_of_it() -> None:
    knowledge = await known()

    decision = await decide(
        asked("to Norway I mean", ("ai", "Hello!"), ("contact", "hi there"), ("contact", "Do you ship?")),
        knowledge,
    )

    assert isinstance(decision, Answer)
    assert decision.citations[0].chunk_id == "shipping#0"
    assert knowledge.searches == ["Do you ship?\nto Norway I mean"]


async def test_a_person_asked_for_earlier_in_the_burst_is_not_forgotten() -> None:
    decision = await decide(asked("it is about Norway", ("system", "joined"), ("contact", "Give me a human")))

    assert isinstance(decision, Handoff)
    assert decision.reason == "asked_for_human"


async def test_a_question_that_leans_on_the_one_before_is_looked_up_with_it() -> None:
    knowledge = await known()

    decision = await decide(
        asked(
            "And on Sundays?",
            ("contact", "When is the shop open?"),
            ("contact", "hello"),
            ("ai", "The shop is open from Tuesday to Friday, 10 am to 7 pm."),
        ),
        knowledge,
    )

    assert isinstance(decision, Answer)
    assert decision.text == "On Sundays the shop is closed."
    assert knowledge.searches == ["When is the shop open?\nAnd on Sundays?"]


async def test_what_a_leaning_question_adds_must_be_in_the_passage() -> None:
    decision = await decide(
        asked(
            "And bicycles?", ("contact", "What does shipping cost?"), ("agent", "Shipping costs 4.90 euros.")
        )
    )

    assert isinstance(decision, Answer)
    assert decision.kind == "not_found"


async def test_a_leaning_question_without_a_word_of_its_own_is_answered_by_what_it_leans_on() -> None:
    decision = await decide(
        asked("and what is it?", ("contact", "What does shipping cost?"), ("agent", "One moment"))
    )

    assert isinstance(decision, Answer)
    assert decision.text == "Shipping costs 4.90 euros."


async def test_a_question_of_its_own_is_looked_up_alone() -> None:
    knowledge = await known()

    await decide(
        asked("Is this filter made of glass and steel?", ("contact", "hours"), ("ai", "Open.")), knowledge
    )
    await decide(asked("filter?", ("contact", "hours"), ("ai", "Open.")), knowledge)

    assert knowledge.searches == ["Is this filter made of glass and steel?", "filter?"]


async def test_what_was_just_said_is_not_said_again() -> None:
    decision = await decide(
        asked(
            "what about shipping to Norway and the costs",
            ("contact", "Norway?"),
            ("ai", "We ship to Norway and Sweden."),
        )
    )

    assert isinstance(decision, Answer)
    assert decision.text != "We ship to Norway and Sweden."


async def test_with_nothing_left_to_say_a_person_is_offered() -> None:
    knowledge = InMemoryKnowledge()
    document = Document("lids", *BASE, "Lids", "Lids are made of glass.", "public", "en")
    await knowledge.add_document(document, chunk_markdown("lids", "Lids", document.text))

    decision = await decide(
        asked("the lids, what material", ("contact", "lids"), ("ai", "Lids are made of glass.")), knowledge
    )

    assert isinstance(decision, Answer)
    assert decision.kind == "not_found"
