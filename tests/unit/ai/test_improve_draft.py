"""An agent's draft, looked over with and without a model."""

import json
from typing import Any

import pytest

from libs.contracts import improving
from libs.contracts.ai import ChatbotProfile, Turn
from libs.contracts.envelope import wrap
from libs.contracts.errors import DomainError
from libs.runtime.clock import now
from libs.runtime.received import Received
from services.ai.domain.improving import LookedOver, notes_on
from services.ai.domain.model_calls import ModelFailed
from services.ai.domain.routing import RoutingTable, default_routes
from services.ai.entrypoints.improving import Improving
from services.ai.use_cases.ask_model import AskModel, ModelLimits
from services.ai.use_cases.improve_draft import ImproveDraft
from tests.unit.ai.conversations import asked, known
from tests.unit.ai.in_memory import InMemoryKnowledge
from tests.unit.ai.model_fakes import InMemoryUsage, ScriptedChat

ASKED = "What does shipping cost? Are your lids made of glass?"


def looking(knowledge: InMemoryKnowledge, answer: Any) -> tuple[ImproveDraft, ScriptedChat]:
    said = answer if isinstance(answer, ModelFailed) else json.dumps(answer)
    chat = ScriptedChat([said])
    routes = RoutingTable(default_routes(("main/small",), ("main/big",)))
    ask = AskModel({"main": chat}, routes, InMemoryUsage(), ModelLimits(), lambda: 0.0)
    return ImproveDraft(knowledge, ask), chat


async def test_what_the_draft_leaves_open_is_named_with_what_the_documents_say() -> None:
    seen = await ImproveDraft(await known())(asked(ASKED), "Our lids are all made of the finest glass.")
    assert (seen.engine, seen.improved) == ("rules", "Our lids are all made of the finest glass.")
    assert [(note.kind, note.text) for note in seen.notes] == [
        ("missing_answer", "The draft does not answer: What does shipping cost?")
    ]
    [citation] = seen.citations
    assert citation.quote


async def test_a_draft_that_answers_needs_no_notes() -> None:
    seen = await ImproveDraft(await known())(
        asked("What does shipping cost?"), "The shipping costs 4.90 euros."
    )
    assert seen == LookedOver("The shipping costs 4.90 euros.", ())


async def test_without_documents_the_draft_is_looked_over_all_the_same() -> None:
    knowledge = InMemoryKnowledge()
    knowledge.is_down = True
    seen = await ImproveDraft(knowledge)(asked("Do you repair bicycles?"), "No.")
    assert [note.kind for note in seen.notes] == ["missing_answer", "tone"]
    assert seen.citations == ()


def test_rules_see_tone_length_and_addresses_from_nowhere() -> None:
    shouted = notes_on("WE TOLD YOU THIS ALREADY, HOW STUPID ARE YOU", "", ())
    assert {note.kind for note in shouted} == {"tone"}
    assert any("shouting" in note.text for note in shouted)
    assert any(
        "annoyed" in note.text for note in notes_on("Stop it, this is ridiculous, you are useless!", "", ())
    )
    [long] = notes_on("word " * 40, "", ())
    assert long.kind == "clarity"
    [strange] = notes_on(
        "Please see https://odd.example/x and https://shop.example/a now", "https://shop.example/a", ()
    )
    assert strange.text.endswith("https://odd.example/x")


async def test_a_model_rewrites_without_seeing_personal_data() -> None:
    improve, chat = looking(
        await known(),
        {"improved": "Dear [NAME_1], shipping costs 4.90 euros.", "remarks": ["Greet [NAME_1]."]},
    )
    request = asked("I am Mia Berg. What does shipping cost?")
    request = type(request)(request.account_id, request.chatbot, request.message, contact_names=("Mia Berg",))
    seen = await improve(request, "mia berg: shipping is 4.90")
    assert (seen.engine, seen.improved) == ("model", "Dear Mia Berg, shipping costs 4.90 euros.")
    assert seen.notes[-1].text == "Greet Mia Berg."
    assert "Berg" not in chat.asked[0].messages[1].text


@pytest.mark.parametrize(
    "answer",
    [
        {"improved": "Shipping costs 9.90 euros.", "remarks": []},
        {"improved": "Read https://evil.example", "remarks": []},
        ModelFailed("timeout"),
    ],
)
async def test_a_rewriting_with_facts_from_nowhere_is_not_passed_on(answer: Any) -> None:
    improve, _ = looking(await known(), answer)
    seen = await improve(asked("What does shipping cost?"), "The shipping costs 4.90 euros.")
    assert (seen.engine, seen.improved) == ("rules", "The shipping costs 4.90 euros.")


async def test_the_query_is_answered_over_the_last_turn_of_the_contact() -> None:
    def received(*turns: Turn) -> Received[improving.ImproveDraft]:
        query = improving.ImproveDraft(
            conversation_id="c", chatbot=ChatbotProfile(id="bot", name="Kit"), turns=turns, draft="ok"
        )
        envelope = wrap(query, id="i", source="gateway", time=now(), accountid="acme")
        return Received(envelope, query, 1, True)

    entry = Improving(ImproveDraft(await known()))
    answer = await entry.on_improve_draft(
        received(
            Turn(message_id="1", role="contact", text="What does shipping cost?"),
            Turn(message_id="2", role="agent", text="One moment."),
        )
    )
    assert answer.engine == "rules"
    assert answer.remarks[0].kind == "missing_answer"
    assert answer.citations[0].document_id == "shipping"
    with pytest.raises(DomainError):
        await entry.on_improve_draft(received(Turn(message_id="2", role="agent", text="Hello?")))
