"""Suggestions with a model: the draft and the analysis, what is checked of both, what there is without."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.ai.domain.analysis import by_rules
from services.ai.domain.drafting import Wishes
from services.ai.domain.learning import Proposal
from services.ai.domain.model_calls import ChatRequest, ModelFailed
from services.ai.domain.routing import RoutingTable, default_routes
from services.ai.use_cases.ask_model import AskModel, ModelLimits
from services.ai.use_cases.draft_reply import DraftReply
from tests.unit.ai.conversations import BASE, asked, known
from tests.unit.ai.in_memory import InMemoryKnowledge
from tests.unit.ai.learning_fakes import InMemoryProposals
from tests.unit.ai.model_fakes import InMemoryUsage, ScriptedChat

COST = "What does shipping cost for order AB-1234?"
PRICE = "Shipping costs 4.90 euros."
SEEN = {
    "intent": "shipping_cost",
    "sentiment": "neutral",
    "urgency": "low",
    "language": "en",
    "entities": [{"kind": "order", "text": "AB-1234"}, {"kind": "order", "text": "made up"}],
}


def drafted(text: str, quote: str = PRICE, passage: str = "p1") -> dict[str, Any]:
    return {"text": text, "used": [{"passage": passage, "quote": quote}]}


def proposing(knowledge: InMemoryKnowledge, draft: Any, seen: Any = SEEN) -> tuple[DraftReply, ScriptedChat]:
    def say(request: ChatRequest) -> str:
        answer = seen if request.messages[0].text.startswith("You look at a customer's message") else draft
        if isinstance(answer, ModelFailed):
            raise answer
        return json.dumps(answer)

    chat = ScriptedChat([say])
    routes = RoutingTable(default_routes(("main/small",), ("main/big",)))
    ask = AskModel({"main": chat}, routes, InMemoryUsage(), ModelLimits(), lambda: 0.0)
    return DraftReply(knowledge, ask), chat


async def test_a_model_writes_the_draft_and_looks_at_the_message() -> None:
    propose, chat = proposing(await known(), drafted("Shipping is 4.90 euros, whatever you order."))
    suggestion = await propose(asked(COST))

    assert suggestion.text == "Shipping is 4.90 euros, whatever you order."
    assert (suggestion.engine, suggestion.found) == ("model", True)
    assert [one.quote for one in suggestion.citations] == [PRICE]
    assert suggestion.confidence > 0.5
    assert (suggestion.analysis.intent, suggestion.analysis.urgency) == ("shipping_cost", "low")
    assert [one.text for one in suggestion.analysis.entities] == ["AB-1234"]
    assert {one.model for one in chat.asked} == {"small", "big"}


async def test_wishes_reach_the_model_and_stay_below_the_rules() -> None:
    propose, chat = proposing(await known(), drafted("Dear friend, it is 4.90 euros."))
    wishes = Wishes(tone="friendly", length="short", custom_prompt="Mention the 25 euro voucher.")
    await propose(asked(COST), avoid="Shipping is dear.", wishes=wishes)
    request = next(one for one in chat.asked if one.model == "big")
    rules, data = request.messages[0].text, json.loads(request.messages[1].text)
    assert "Warm and friendly." in rules
    assert "Two sentences at most." in rules
    assert "Be kind." in rules
    assert "voucher" not in rules
    assert (data["wish"], data["avoid"]) == ("Mention the 25 euro voucher.", "Shipping is dear.")


@pytest.mark.parametrize(
    "draft",
    [
        drafted("Shipping costs 7.90 euros."),
        drafted("See https://evil.example for shipping."),
        drafted("<b></b>"),
        drafted("Shipping costs 4.90 euros.", quote="It is free."),
        drafted("Shipping costs 4.90 euros.", passage="p77"),
        {"text": "It costs 4.90.", "used": []},
        ModelFailed("timeout"),
    ],
)
async def test_what_was_made_up_is_not_passed_on_and_the_best_passage_stands_in(draft: Any) -> None:
    propose, _ = proposing(await known(), draft)
    suggestion = await propose(asked(COST))
    assert (suggestion.text, suggestion.engine, suggestion.found) == (PRICE, "passage", True)


async def test_without_a_passage_no_model_is_asked_for_a_draft() -> None:
    propose, chat = proposing(InMemoryKnowledge(), drafted("x"))
    suggestion = await propose(asked(COST))
    assert not suggestion.found
    assert {one.model for one in chat.asked} == {"small"}


async def test_a_message_is_looked_at_by_rules_where_no_model_does() -> None:
    propose, _ = proposing(await known(), drafted(PRICE), ModelFailed("unavailable"))
    suggestion = await propose(asked(COST))
    assert suggestion.engine == "model"
    assert [(one.kind, one.text) for one in suggestion.analysis.entities] == [("order", "AB-1234")]
    silent, chat = proposing(await known(), drafted(PRICE))
    assert (await silent(asked("", ("contact", COST)))).analysis.intent == ""
    assert all(one.model == "big" for one in chat.asked)


async def test_the_analysis_sees_no_personal_data_and_names_it_all_the_same() -> None:
    def seen(request: ChatRequest) -> str:
        if not request.messages[0].text.startswith("You look"):
            raise ModelFailed("timeout")
        assert "ann@home.example" not in request.messages[1].text
        return json.dumps({**SEEN, "entities": [{"kind": "email", "text": "[EMAIL_1]"}]})

    chat = ScriptedChat([seen])
    routes = RoutingTable(default_routes(("main/small",), ("main/big",)))
    ask = AskModel({"main": chat}, routes, InMemoryUsage(), ModelLimits(), lambda: 0.0)
    request = replace(asked("I am Ann Lee, ann@home.example"), contact_names=("Ann Lee",))
    suggestion = await DraftReply(await known(), ask)(request)
    assert [one.text for one in suggestion.analysis.entities] == ["ann@home.example"]


@pytest.mark.parametrize(
    ("text", "intent", "sentiment", "urgency"),
    [
        ("This is ridiculous, you are useless!", "", "negative", "normal"),
        ("Thanks a lot", "thanks", "positive", "normal"),
        ("Can I talk to a human?", "talk_to_a_person", "neutral", "normal"),
        ("Where is it? I need it urgently", "question", "neutral", "high"),
        ("Ich brauche das sofort", "", "neutral", "high"),
    ],
)
def test_rules_see_what_is_plain(text: str, intent: str, sentiment: str, urgency: str) -> None:
    seen = by_rules(text)
    assert (seen.intent, seen.sentiment, seen.urgency) == (intent, sentiment, urgency)


def test_rules_find_things_that_have_a_form() -> None:
    seen = by_rules("Order no. AB-1234 of 12.03.2026 for 49,90 € went to a@b.de, see https://x.com/a")
    assert [(one.kind, one.text) for one in seen.entities] == [
        ("order", "AB-1234"),
        ("amount", "49,90 €"),
        ("date", "12.03.2026"),
        ("email", "a@b.de"),
        ("link", "https://x.com/a"),
    ]


async def test_what_agents_made_of_earlier_drafts_is_shown_as_style() -> None:
    propose, chat = proposing(await known(), drafted("It is 4.90 euros."))
    past = InMemoryProposals()
    for number in range(5):
        await past.put(
            Proposal(
                f"s{number}",
                *BASE,
                "c-9",
                "how much",
                "en",
                datetime(2026, 11, number + 1, tzinfo=UTC),
                "edited",
                proposed="a" * 900,
                sent=f"Hey [NAME_1]! {number}",
            )
        )
    with_past = DraftReply(await known(), propose._ask, past)
    await with_past(asked(COST))
    request = next(one for one in chat.asked if one.model == "big")
    style = json.loads(request.messages[1].text)["style"]
    assert [one["sent"] for one in style] == [f"Hey [NAME_1]! {number}" for number in (4, 3, 2)]
    assert len(style[0]["draft"]) == 600
    assert "take no fact from them" in request.messages[0].text

    past.is_down = True
    await with_past(asked(COST))
    assert "style" not in json.loads(chat.asked[-1].messages[1].text)


async def test_what_settled_a_question_like_it_is_shown_to_the_agent_and_the_model() -> None:
    propose, chat = proposing(await known(), drafted("It is 4.90 euros."))
    past = InMemoryProposals()
    fields = {"language": "en", "at": datetime(2026, 11, 1, tzinfo=UTC), "outcome": "answered"}
    for name, question, department in (
        ("like", "What does shipping cost for an order", None),
        ("again", "What does shipping cost for my order", None),
        ("mine", "What does shipping cost for this order", None),
        ("theirs", "What does shipping cost for your order", "HR"),
        ("other", "Where do I find the filter", None),
        ("untold", "", None),
    ):
        conversation = "here" if name == "mine" else f"c-{name}"
        one = Proposal(
            name,
            *BASE,
            conversation,
            question,
            **fields,
            sent=f"{department} 3.90, [NAME_1]",
            department=department,
        )
        await past.put(replace(one, ending="assumed"))
    request = replace(asked(COST), conversation_id="here", department="IT")
    suggestion = await DraftReply(await known(), propose._ask, past)(request)
    assert len(suggestion.similar) == 1
    assert suggestion.similar[0].id in ("like", "again")
    assert any("tracking" in one for one in suggestion.practices)
    sent = next(one for one in chat.asked if one.model == "big")
    data = json.loads(sent.messages[1].text)
    assert data["similar"] == [{"question": suggestion.similar[0].question, "reply": "None 3.90, [NAME_1]"}]
    assert any("tracking" in one for one in data["practices"])
    assert "Take no fact from them." in sent.messages[0].text


async def test_a_fact_of_a_similar_conversation_is_no_fact_of_this_one() -> None:
    propose, _ = proposing(await known(), drafted("It is 3.90 euros."))
    suggestion = await propose(asked(COST))
    assert suggestion.engine == "passage"
