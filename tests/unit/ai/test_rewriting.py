"""Questions in the middle of a conversation, put so that they can be looked up by themselves."""

import asyncio
import json
from dataclasses import replace

import pytest

from services.ai.adapters.chunk_payloads import embedded_text
from services.ai.adapters.question_vectors import QuestionVectors
from services.ai.domain.grounding import Thresholds
from services.ai.domain.model_calls import ModelFailed
from services.ai.domain.routing import RoutingTable, default_routes
from services.ai.use_cases.answer_contact import AnswerContact
from services.ai.use_cases.ask_model import AskModel, ModelLimits
from services.ai.use_cases.rewrite_question import Understand
from tests.unit.ai.conversations import asked, known
from tests.unit.ai.embedding_fakes import Letters
from tests.unit.ai.model_fakes import InMemoryUsage, ScriptedChat

BEFORE = (("contact", "When is the shop open? I am Mia Berg."), ("ai", "From Tuesday to Friday."))
LEANING = replace(asked("And on Sundays?", *BEFORE), contact_names=("Mia Berg",))


def understanding(line: str | ModelFailed) -> tuple[Understand, ScriptedChat]:
    chat = ScriptedChat([line])
    routes = RoutingTable(default_routes(("main/small",), ("main/big",)))
    return Understand(AskModel({"main": chat}, routes, InMemoryUsage(), ModelLimits(), lambda: 0.0)), chat


def rewritten(query: str) -> str:
    return json.dumps({"query": query})


async def test_the_cheap_model_says_what_is_asked_and_sees_no_names() -> None:
    understand, chat = understanding(rewritten("Is the  shop open on Sundays, [NAME_1]?"))
    question = await understand(LEANING, "en")
    assert (question.text, question.lookup) == ("And on Sundays?", "Is the shop open on Sundays, Mia Berg?")
    assert chat.asked[0].model == "small"
    assert "Mia" not in chat.asked[0].messages[1].text


@pytest.mark.parametrize(
    "line",
    [
        rewritten("Is the shop open at Christmas?"),
        rewritten("and the"),
        rewritten(""),
        "no idea",
        ModelFailed("unavailable"),
    ],
)
async def test_what_adds_to_it_or_says_nothing_leaves_the_last_two_turns(line: str | ModelFailed) -> None:
    understand, _ = understanding(line)
    question = await understand(LEANING, "en")
    assert question == await Understand()(LEANING, "en")
    assert question.lookup == f"{BEFORE[0][1]}\nAnd on Sundays?"


async def test_a_model_that_hangs_leaves_the_answer_its_time() -> None:
    ask = AskModel(
        {"main": ScriptedChat(["hang"])},
        RoutingTable(default_routes(("main/small",), ("main/big",))),
        InMemoryUsage(),
        ModelLimits(),
        lambda: 0.0,
    )
    async with asyncio.timeout(5):  # the ladder alone would take 18 s
        question = await Understand(ask, seconds=0.02)(LEANING, "en")
    assert question == await Understand()(LEANING, "en")


async def test_the_first_question_of_all_is_not_rewritten() -> None:
    understand, chat = understanding(rewritten("x"))
    assert (await understand(asked("Is it open?"), "en")).lookup == "Is it open?"
    assert chat.asked == []


async def test_it_is_looked_up_as_rewritten() -> None:
    understand, _ = understanding(rewritten("Is the shop open on Sundays?"))
    knowledge = await known()
    await AnswerContact(knowledge, Thresholds(), understand=understand)(LEANING)
    assert knowledge.searches == ["Is the shop open on Sundays?"]


async def test_no_embedding_model_sees_personal_data() -> None:
    model = Letters()
    await QuestionVectors(model).of("I am Mia, mia@home.example, +49 30 901820: a cup?", ("Mia Berg",))
    assert model.asked == ["I am [NAME_1], [EMAIL_1], [PHONE_1]: a cup?"]
    chunk = {"title": "Office", "headings": ["Contact"], "text": "Write to ana@shop.example"}
    assert embedded_text(chunk) == "Office\nContact\nWrite to [EMAIL_1]"
