import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ai.domain.citations import is_supported
from services.ai.domain.contact_requests import (
    MAX_READ_CHARACTERS,
    MAX_TURNS,
    Answer,
    Chatbot,
    ContactRequest,
    Handoff,
    NoAnswer,
    Role,
)
from services.ai.domain.grounding import Thresholds
from services.ai.domain.languages import Language
from services.ai.domain.rules import HandoffRules
from services.ai.domain.wording import Phrase, handoff_text, phrase
from services.ai.use_cases.answer_contact import AnswerContact
from tests.unit.ai.conversations import BASE, asked, decide, known


async def test_a_question_that_the_knowledge_covers_is_answered_verbatim_with_its_source() -> None:
    answer = await decide(asked("How much is shipping, what does it cost?"))

    assert isinstance(answer, Answer)
    assert (answer.kind, answer.text, answer.language) == ("answer", "Shipping costs 4.90 euros.", "en")
    (citation,) = answer.citations
    assert (citation.document_id, citation.chunk_id, citation.title) == ("shipping", "shipping#1", "Shipping")
    assert citation.quote == answer.text
    assert 0.81 <= answer.confidence < 1


async def test_a_request_for_a_person_comes_before_everything_else() -> None:
    rules = HandoffRules(keywords=("shipping",))

    decision = await decide(asked("Stupid bot! Let me talk to a human about shipping", rules=rules))

    assert decision == Handoff("asked_for_human", handoff_text("asked_for_human", "en"), "en")


async def test_a_rule_of_the_chatbot_comes_before_frustration_and_names_itself() -> None:
    decision = await decide(
        asked("This is ridiculous, I call my lawyer", rules=HandoffRules(keywords=("lawyer",)))
    )

    assert isinstance(decision, Handoff)
    assert (decision.reason, decision.detail) == ("rule", "lawyer")


async def test_anger_hands_over_without_a_search() -> None:
    knowledge = await known()

    decision = await decide(asked("This is really frustrating! Where do you ship to?"), knowledge)

    assert isinstance(decision, Handoff)
    assert decision.reason == "negative_sentiment"
    assert knowledge.searches == []


async def test_the_same_question_again_hands_over() -> None:
    decision = await decide(
        asked(
            "what does shipping cost??",
            ("contact", "What does shipping cost?"),
            ("ai", "Shipping costs 4.90 euros."),
        )
    )

    assert isinstance(decision, Handoff)
    assert decision.reason == "negative_sentiment"


async def test_the_same_question_twice_before_any_answer_is_one_question() -> None:
    decision = await decide(asked("What does shipping cost?", ("contact", "What does shipping cost?")))

    assert isinstance(decision, Answer)
    assert decision.kind == "answer"


@pytest.mark.parametrize(
    ("text", "key", "language"),
    [
        ("Hello!", "greeting", "en"),
        ("Vielen Dank", "thanks", "de"),
        ("au revoir", "goodbye", "fr"),
        ("Are you a bot?", "what_we_are", "en"),
    ],
)
async def test_courtesies_are_returned_in_the_contacts_language(
    text: str, key: Phrase, language: Language
) -> None:
    decision = await decide(asked(text))

    assert decision == Answer("courtesy", phrase(key, language, name="Kit"), 1.0, language)


async def test_what_is_not_covered_is_said_once_and_a_person_offered_then_handed_over() -> None:
    first = await decide(asked("Do you repair bicycles?"))
    assert isinstance(first, Answer)
    assert (first.kind, first.text, first.citations) == ("not_found", phrase("not_found", "en"), ())

    second = await decide(
        asked("I mean mountain bikes", ("contact", "Do you repair bicycles?"), ("ai", first.text))
    )
    assert second == Handoff("not_covered", handoff_text("not_covered", "en"), "en")


async def test_what_is_only_near_is_asked_back_once_then_handed_over() -> None:
    first = await decide(asked("Do your glass lids crack in dishwashers?"))
    assert isinstance(first, Answer)
    assert (first.kind, first.text) == ("clarify", phrase("clarify", "en", title="Lids"))
    assert 0.29 <= first.confidence < 0.81

    second = await decide(asked("Do glass lids survive hot steam?", ("contact", "hm"), ("ai", first.text)))
    assert isinstance(second, Handoff)
    assert second.reason == "low_confidence"


async def test_a_yes_to_the_offer_of_a_person_asks_for_one() -> None:
    offer = phrase("not_found", "de")

    decision = await decide(asked("Ja bitte", ("contact", "Wie geht das mit dem Fahrrad?"), ("ai", offer)))

    assert decision == Handoff("asked_for_human", handoff_text("asked_for_human", "de"), "de")


async def test_an_answer_in_between_starts_the_count_again() -> None:
    decision = await decide(
        asked(
            "Do you repair bicycles?",
            ("contact", "Do you sell bread?"),
            ("ai", phrase("not_found", "en")),
            ("contact", "Where do you ship to?"),
            ("ai", "We ship to Norway and Sweden."),
        )
    )

    assert isinstance(decision, Answer)
    assert decision.kind == "not_found"


@pytest.mark.parametrize("text", ["👍", "...", "", "   "])
async def test_a_message_without_words_gets_no_answer(text: str) -> None:
    assert await decide(asked(text)) == NoAnswer()


async def test_a_bare_ok_after_an_answer_gets_no_answer() -> None:
    assert await decide(asked("ok", ("contact", "hours?"), ("ai", "The shop is open."))) == NoAnswer()


async def test_a_bare_ok_as_the_first_word_is_asked_what_it_means() -> None:
    decision = await decide(asked("ok"))

    assert isinstance(decision, Answer)
    assert decision.kind == "not_found"


async def test_mere_question_marks_are_asked_what_they_mean() -> None:
    decision = await decide(asked("???", ("contact", "hours"), ("ai", "The shop is open.")))

    assert isinstance(decision, Answer)
    assert decision.kind == "not_found"


async def test_a_file_without_words_is_said_to_be_unreadable_then_handed_over() -> None:
    first = await decide(asked("", attachment=True))
    assert isinstance(first, Answer)
    assert first.text == phrase("cannot_read", "en")

    second = await decide(asked(" ", ("contact", ""), ("ai", first.text), attachment=True))
    assert isinstance(second, Handoff)
    assert second.reason == "not_covered"


async def test_internal_documents_are_never_quoted_to_contacts() -> None:
    decision = await decide(asked("Which loyalty discount may agents grant?"))

    assert isinstance(decision, Answer)
    assert decision.kind == "not_found"
    assert "20 percent" not in decision.text


async def test_another_chatbots_knowledge_is_not_asked() -> None:
    knowledge = await known()
    request = asked("What does shipping cost?")
    elsewhere = ContactRequest("acme", Chatbot("other", "Kit"), request.message)

    decision = await AnswerContact(knowledge, Thresholds())(elsewhere)

    assert isinstance(decision, Answer)
    assert decision.kind == "not_found"


async def test_an_engine_that_is_away_is_not_nothing_found() -> None:
    knowledge = await known()
    knowledge.is_down = True

    decision = await decide(asked("¿Cuánto cuesta el envío?"), knowledge)

    assert decision == Handoff("ai_unavailable", handoff_text("ai_unavailable", "es"), "es")


async def test_the_language_is_remembered_from_earlier_messages() -> None:
    decision = await decide(asked("Fahrrad", ("contact", "Ich habe eine Frage"), ("ai", "Ja?")))

    assert isinstance(decision, Answer)
    assert decision.text == phrase("not_found", "de")


def test_long_conversations_and_messages_are_read_in_part() -> None:
    request = asked("x" * 10_000, *[("contact", str(n)) for n in range(99)])

    assert len(request.history) == MAX_TURNS
    assert len(request.burst[-1]) == MAX_READ_CHARACTERS


messages = st.one_of(
    st.text(max_size=200),
    st.sampled_from(["What does shipping cost?", "ok", "yes", "Hello", "And Sundays?", "agent please", "🙂"]),
)
turns = st.lists(st.tuples(st.sampled_from(["contact", "ai", "agent", "system"]), messages), max_size=6)


@given(messages, turns, st.booleans())
async def test_every_statement_of_an_answer_is_in_a_passage_whatever_is_said(
    text: str, before: list[tuple[Role, str]], attachment: bool
) -> None:
    knowledge = await known()

    decision = await decide(asked(text, *before, attachment=attachment), knowledge)

    if isinstance(decision, Answer) and decision.kind == "answer":
        passages = {
            one.chunk_id: one
            for one in await knowledge.search(BASE, "shipping shop sunday lid filter norway", 99)
        }
        assert is_supported(decision.text, decision.citations, passages)
    elif isinstance(decision, Answer):
        assert decision.citations == ()
