"""In which order a conversation is handed to people, with every combination of reasons at once."""

from itertools import product
from typing import Any, Literal

import pytest

from services.ai.domain.contact_requests import Answer, Handoff, Role
from services.ai.domain.decisions import Claim, Decision
from services.ai.domain.grounding import Thresholds
from services.ai.domain.model_calls import ModelFailed
from services.ai.domain.rules import HandoffRules
from services.ai.domain.wording import person_option, phrase
from services.ai.use_cases.answer_contact import AnswerContact
from tests.unit.ai.conversations import asked, known

Engine = Literal["answers", "hands over", "fails"]
PRICE = "Shipping costs 4.90 euros."
HUMAN, RULE, ANGER = "Let me talk to a human.", "My lawyer will write to you.", "This is ridiculous!"


class Scripted:
    """Reads, and does what it is told to."""

    reads = True

    def __init__(self, does: Engine) -> None:
        self.does = does

    async def decide(self, *_: Any) -> Decision:
        if self.does == "fails":
            raise ModelFailed("budget")
        if self.does == "hands over":
            return Decision(kind="hand_off", reason="low_confidence")
        return Decision(kind="answer", claims=(Claim(text=PRICE, passage="p1", quote=PRICE),))


def expected(human: bool, rule: bool, anger: bool, unsupported_twice: bool, engine: Engine) -> str:
    if human:
        return "asked_for_human"
    if rule:
        return "rule"
    if anger:
        return "negative_sentiment"
    if unsupported_twice:
        return "not_covered"
    return {"answers": "answer", "hands over": "low_confidence", "fails": "ai_unavailable"}[engine]


@pytest.mark.parametrize(
    ("human", "rule", "anger", "twice", "engine"),
    [
        (human, rule, anger, twice, engine)
        for human, rule, anger, twice in product((True, False), repeat=4)
        for engine in ("answers", "hands over", "fails")
    ],
)
async def test_the_first_reason_of_the_order_counts(
    human: bool, rule: bool, anger: bool, twice: bool, engine: Engine
) -> None:
    question = "Do you repair bicycles?" if twice else "What does shipping cost?"
    said = [text for text, holds in ((HUMAN, human), (RULE, rule), (ANGER, anger)) if holds]
    before: tuple[tuple[Role, str], ...] = (
        ("contact", "Do you sell zebras?"),
        ("ai", phrase("not_found", "en")),
    )
    request = asked(
        " ".join((question, *said)), *(before if twice else ()), rules=HandoffRules(keywords=("lawyer",))
    )
    outcome = await AnswerContact(await known(), Thresholds(), Scripted(engine))(request)
    seen = outcome.reason if isinstance(outcome, Handoff) else getattr(outcome, "kind", "nothing")
    assert seen == expected(human, rule, anger, twice, engine)


async def test_the_same_question_again_counts_as_anger_after_a_rule() -> None:
    before: tuple[tuple[Role, str], ...] = (("contact", "What does shipping cost?"), ("ai", PRICE))
    answer = AnswerContact(await known(), Thresholds(), Scripted("answers"))
    again = await answer(asked("What does shipping cost?", *before))
    assert isinstance(again, Handoff)
    assert again.reason == "negative_sentiment"
    ruled = await answer(
        asked("What does shipping cost?", *before, rules=HandoffRules(keywords=("shipping",)))
    )
    assert isinstance(ruled, Handoff)
    assert ruled.reason == "rule"


async def test_every_answer_without_support_offers_a_person() -> None:
    outcome = await AnswerContact(await known(), Thresholds())(asked("Do you repair bicycles?"))
    assert isinstance(outcome, Answer)
    assert "person" in outcome.text


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "pt", "xx"])
async def test_the_button_below_each_answer_asks_for_a_person(language: str) -> None:
    said = person_option(language)
    assert len(said) <= 20
    assert len(said.encode()) <= 64
    outcome = await AnswerContact(await known(), Thresholds())(asked(said))
    assert isinstance(outcome, Handoff)
    assert outcome.reason == "asked_for_human"
