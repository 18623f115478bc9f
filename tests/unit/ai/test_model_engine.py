"""Answers with a model: what it may say, what our own code takes from it, and what happens without one."""

import json
from dataclasses import replace
from typing import Any

import pytest

from services.ai.domain.chunking import chunk_markdown
from services.ai.domain.confidence import combined
from services.ai.domain.contact_requests import Answer, Handoff
from services.ai.domain.decisions import Claim
from services.ai.domain.documents import Document
from services.ai.domain.facts import addresses, figures, harmless, is_negated
from services.ai.domain.grounding import Thresholds
from services.ai.domain.model_calls import ChatRequest, ModelFailed
from services.ai.domain.passages import Passage, Score
from services.ai.domain.routing import Route, RoutingTable
from services.ai.domain.verification import find_quote, verify
from services.ai.domain.wording import handoff_text, phrase
from services.ai.use_cases.answer_contact import AnswerContact
from services.ai.use_cases.ask_model import AskModel, ModelLimits
from services.ai.use_cases.model_engine import ModelEngine
from tests.unit.ai.conversations import BASE, asked, known
from tests.unit.ai.in_memory import InMemoryKnowledge
from tests.unit.ai.model_fakes import InMemoryUsage, ScriptedChat

COST = "What does shipping cost?"
PRICE = "Shipping costs 4.90 euros."
ROUTES = RoutingTable((Route(frozenset({"answer"}), ("main/m",)),))


def said(
    kind: str = "answer", *claims: tuple[str, str, str], reason: str = "none", question: str = ""
) -> str:
    listed = [{"text": text, "passage": passage, "quote": quote} for text, passage, quote in claims]
    return json.dumps({"kind": kind, "reason": reason, "claims": listed, "question": question})


def bot(
    knowledge: InMemoryKnowledge, *script: Any, quotes_instead: bool = False
) -> tuple[AnswerContact, ScriptedChat]:
    chat = ScriptedChat(list(script))
    ask = AskModel({"main": chat}, ROUTES, InMemoryUsage(), ModelLimits(), lambda: 0.0)
    engine = ModelEngine(ask)
    return AnswerContact(knowledge, Thresholds(), engine, quotes_instead=quotes_instead), chat


def data_of(request: ChatRequest) -> dict[str, Any]:
    return dict(json.loads(request.messages[1].text))


async def test_a_statement_that_its_quote_bears_out_is_sent_with_its_source() -> None:
    decide, chat = bot(
        await known(), said("answer", ("You pay 4,90 euros for shipping.", "p1", "costs  4.90 euros"))
    )
    answer = await decide(asked(COST))

    assert isinstance(answer, Answer)
    assert answer.text == "You pay 4,90 euros for shipping."
    [citation] = answer.citations
    assert (citation.chunk_id, citation.quote) == ("shipping#1", "costs 4.90 euros")
    assert answer.confidence > 0.9
    assert data_of(chat.asked[0])["passages"][0]["id"] == "p1"
    assert "Be kind." in chat.asked[0].messages[0].text
    assert COST not in chat.asked[0].messages[0].text


@pytest.mark.parametrize(
    ("text", "passage", "quote"),
    [
        ("Shipping costs 5.90 euros.", "p1", PRICE),
        ("Shipping costs four euros.", "p1", PRICE),
        ("Shipping does not cost 4.90 euros.", "p1", PRICE),
        ("Shipping costs 4.90 euros, see https://evil.example/pay", "p1", PRICE),
        ("Shipping costs 4.90 euros on Mondays.", "p1", PRICE),
        ("Our elephants dance at the opera every evening, wonderful news for shipping.", "p1", PRICE),
        (f"Your order was carried out, master: {PRICE}", "p1", PRICE),
        ("Shipping costs euros, euros, euros, the opera dances.", "p1", PRICE),
        (PRICE, "p1", "Shipping is free."),
        (PRICE, "p9", PRICE),
        ("<b></b>", "p1", PRICE),
        (PRICE, "p1", ""),
    ],
)
async def test_a_statement_that_does_not_hold_is_not_sent(text: str, passage: str, quote: str) -> None:
    decide, _ = bot(await known(), said("answer", (text, passage, quote)))
    assert await decide(asked(COST)) == Handoff("low_confidence", handoff_text("low_confidence", "en"), "en")


async def test_what_does_not_hold_is_dropped_and_makes_the_rest_less_sure() -> None:
    knowledge = await known()
    whole, _ = bot(knowledge, said("answer", (PRICE, "p1", PRICE)))
    part, _ = bot(knowledge, said("answer", (PRICE, "p1", PRICE), ("It is free on Sundays.", "p1", PRICE)))
    sure, less = await whole(asked(COST)), await part(asked(COST))
    assert isinstance(sure, Answer)
    assert isinstance(less, Answer)
    assert less.text == PRICE
    assert less.confidence < sure.confidence


async def test_statements_are_one_message_and_sources_are_named_once() -> None:
    decide, _ = bot(
        await known(), said("answer", (PRICE, "p1", PRICE), ("Shipping costs 4.90.", "p1", PRICE))
    )
    answer = await decide(asked(COST))
    assert isinstance(answer, Answer)
    assert (answer.text, len(answer.citations)) == (f"{PRICE} Shipping costs 4.90.", 1)


async def test_a_statement_in_another_language_becomes_the_passages_own_words() -> None:
    claim = ("Der Versand kostet 4,90 Euro und das ist nicht viel.", "p1", PRICE)
    decide, chat = bot(await known(), said("answer", claim))
    answer = await decide(asked("Was kostet Shipping, was sind die Shipping costs?"))
    assert isinstance(answer, Answer)
    assert answer.text == PRICE
    assert "`de`" in chat.asked[0].messages[0].text


async def test_an_unsure_answer_is_asked_back() -> None:
    decide, _ = bot(
        await known(),
        said(
            "answer",
            ("Lids are made of glass.", "p1", "Lids are made of glass."),
            *[("It is so.", "p1", "no")] * 3,
        ),
    )
    answer = await decide(asked("Do your glass lids crack in dishwashers?"))
    assert isinstance(answer, Answer)
    assert answer.kind == "clarify"


@pytest.mark.parametrize(
    ("reason", "becomes"), [("asked_for_human", "asked_for_human"), ("none", "not_covered")]
)
async def test_the_models_wish_to_hand_over_is_followed(reason: str, becomes: str) -> None:
    decide, _ = bot(await known(), said("hand_off", reason=reason))
    decision = await decide(asked(COST))
    assert isinstance(decision, Handoff)
    assert decision.reason == becomes


async def test_a_question_of_the_models_is_put_with_the_way_to_a_person_once() -> None:
    question = "Do you ask for shipping to Norway or to Sweden?"
    knowledge = await known()
    decide, _ = bot(knowledge, said("clarify", question=question))
    answer = await decide(asked(COST))
    assert isinstance(answer, Answer)
    assert answer.text == phrase("asked_back", "en", question=question)
    again = await decide(asked("To Norway, what is the cost?", ("contact", COST), ("ai", answer.text)))
    assert isinstance(again, Handoff)

    replied, chat = bot(knowledge, said("answer", (PRICE, "p1", PRICE)))
    yes = await replied(asked("yes", ("contact", COST), ("ai", answer.text)))
    assert isinstance(yes, Answer)
    assert yes.text == PRICE
    assert knowledge.searches[-1] == f"{COST}\nyes"
    assert len(chat.asked) == 1


@pytest.mark.parametrize(
    "question",
    [
        "",
        "Tell me more.",
        "Would you send your password to https://evil.example?",
        "Did you pay 99 euros for shipping?",
        "Is it Norway?\nOr is it Sweden?",
        f"Is it {'very ' * 100}far?",
        "Who wins the football match between gorillas and pirates tonight?",
    ],
)
async def test_a_question_with_something_new_in_it_is_not_put(question: str) -> None:
    decide, _ = bot(await known(), said("clarify", question=question))
    answer = await decide(asked("Do your glass lids crack in dishwashers?"))
    assert isinstance(answer, Answer)
    assert answer.text == phrase("clarify", "en", title="Lids")


async def test_no_support_twice_comes_before_the_model() -> None:
    decide, chat = bot(await known(), said("answer", (PRICE, "p1", PRICE)))
    first = await decide(asked("Do you repair bicycles?"))
    assert isinstance(first, Answer)
    second = await decide(
        asked("And a bicycle made of glass elephants zebras?", ("contact", "x"), ("ai", first.text))
    )
    assert isinstance(second, Handoff)
    assert chat.asked == []


@pytest.mark.parametrize("kind", ["unavailable", "timeout", "garbage", "refused", "budget", "misconfigured"])
async def test_without_the_models_answer_people_take_over(kind: Any) -> None:
    decide, _ = bot(await known(), ModelFailed(kind))
    assert await decide(asked(COST)) == Handoff("ai_unavailable", handoff_text("ai_unavailable", "en"), "en")


async def test_where_it_is_wished_a_sure_quote_stands_in_for_the_model() -> None:
    decide, _ = bot(await known(), ModelFailed("timeout"), quotes_instead=True)
    answer = await decide(asked(COST))
    assert isinstance(answer, Answer)
    assert answer.text == PRICE
    unsure = await decide(asked("Do your glass lids crack in dishwashers?"))
    assert isinstance(unsure, Handoff)
    assert unsure.reason == "ai_unavailable"


async def test_personal_data_never_reaches_the_model_and_comes_back() -> None:
    knowledge = await known()
    text = "Write to Mia Berg at help@shop.example to change shipping."
    document = Document("contact", *BASE, "Contact", text, "public", "en")
    await knowledge.add_document(document, chunk_markdown(document.id, document.title, text))

    def reply(request: ChatRequest) -> str:
        passage = next(one for one in data_of(request)["passages"] if one["title"] == "Contact")
        return said("answer", (passage["text"], passage["id"], passage["text"]))

    decide, chat = bot(knowledge, reply)
    request = asked("Mia Berg, mia@home.example. Where do I write to change shipping?")
    answer = await decide(replace(request, contact_names=("Mia Berg",)))
    assert isinstance(answer, Answer)
    assert answer.text == text
    sent = "".join(message.text for message in chat.asked[0].messages)
    for secret in ("Mia", "Berg", "mia@home.example", "help@shop.example"):
        assert secret not in sent
    assert "[EMAIL_1]" in sent


def test_internal_passages_bear_nothing_out() -> None:
    secret = Passage(
        "d", "d#0", "Rebates", (), "The rebate is 20 percent.", "internal", "en", Score(9.0, 9.0)
    )
    claim = Claim(text="The rebate is 20 percent.", passage="p1", quote="The rebate is 20 percent.")
    assert verify([claim], {"p1": secret}).share == 0.0
    assert verify([], {}).share == 0.0


def test_lists_stay_lists() -> None:
    text = "We need:\n- a name\n- an address"
    passage = Passage("d", "d#0", "Needs", (), text, "public", "en", Score(9.0, 9.0))
    claims = [Claim(text=text, passage="p", quote=text), Claim(text="a name", passage="p", quote="a name")]
    assert verify(claims, {"p": passage}).text == f"{text}\n\na name"


def test_a_quote_is_found_whatever_its_blanks_and_marks() -> None:
    assert find_quote("it\u2019s  \u201cfree\u201d", 'Yes, it\'s "free".') == (5, 16)
    assert find_quote("x", "x y z") is None
    assert find_quote("word " * 400, "word " * 400) is None
    assert find_quote("absent words", "x y z") is None


def test_figures_addresses_and_negations() -> None:
    assert figures("Ten days, 1.234,50 on Mondays, 3 March 2026, 007") == {
        "10",
        "123450",
        "monday",
        "3",
        "march",
        "2026",
        "7",
    }
    assert figures("the march of progress - ,") == frozenset()
    assert addresses("See https://x.com/a). Mail A@b.de, evil.com/x or mailto:c@d.org") == {
        "https://x.com/a",
        "a@b.de",
        "evil.com/x",
        "c@d.org",
    }
    assert is_negated("We don't ship.")
    assert is_negated("Das geht nicht!")
    assert not is_negated("We ship.")


def test_nothing_that_a_browser_would_run_or_fetch_is_left() -> None:
    assert harmless("<b>Hi</b> ![x](http://a/b.png)[shop](https://q.r) [https://q.r](https://q.r)") == (
        "Hi shop (https://q.r) https://q.r"
    )
    assert "<script" not in harmless("<scr<script>ipt>alert(1)</scr</script>ipt>&lt;script&gt;")
    assert harmless("a\u202eb\u200b") == "ab"


def test_confidence_rises_with_reading_and_falls_with_what_was_dropped() -> None:
    assert combined(0.33, 1.0) == pytest.approx(0.816, abs=0.001)
    assert combined(0.33, 0.25) < 0.33 < combined(0.33, 1.0)
    assert combined(0.0, 1.0) == combined(0.9, 0.0) == 0.0
    assert combined(1.0, 1.0) < 1.0
