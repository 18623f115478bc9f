"""A model endpoint that is down, hangs, is slow or answers garbage: over the wire, against the stand-in."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from libs.standins.model import ModelStandin
from libs.standins.model.fault_kinds import KINDS
from services.ai.adapters.guarded_chat import GuardedChat
from services.ai.adapters.openai_chat import OpenAIChat
from services.ai.domain.contact_requests import Answer, Handoff
from services.ai.domain.grounding import Thresholds
from services.ai.domain.routing import RoutingTable, default_routes
from services.ai.use_cases.answer_contact import AnswerContact
from services.ai.use_cases.ask_model import AskModel, ModelLimits
from services.ai.use_cases.model_engine import ModelEngine
from tests.chaos.model_faults import MODEL_FAULTS, SOME_FAULTS, ModelFault
from tests.unit.ai.conversations import asked, known
from tests.unit.ai.model_fakes import InMemoryUsage

COST = "What does shipping cost?"


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[ModelStandin]:
    async with ModelStandin.running() as standin:
        yield standin


@pytest.fixture
async def model(served: ModelStandin) -> AsyncIterator[ModelStandin]:
    yield served
    await served.reset()


@asynccontextmanager
async def bot(model: ModelStandin, *, call_s: float, seconds: float) -> AsyncIterator[AnswerContact]:
    chat = OpenAIChat(model.base_url, "sk-any", seconds=call_s)
    ask = AskModel(
        {"main": GuardedChat(chat, time.monotonic, most_at_once=8)},
        RoutingTable(default_routes(("main/reader-1",), ("main/reader-1",))),
        InMemoryUsage(),
        ModelLimits(seconds=seconds),
        time.monotonic,
    )
    yield AnswerContact(await known(), Thresholds(), ModelEngine(ask))
    await chat.close()


@pytest.fixture
async def hasty(model: ModelStandin) -> AsyncIterator[AnswerContact]:
    """What is 8 and 18 s in service."""
    async with bot(model, call_s=0.15, seconds=0.4) as one:
        yield one


@pytest.fixture
async def patient(model: ModelStandin) -> AsyncIterator[AnswerContact]:
    async with bot(model, call_s=10, seconds=20) as one:
        yield one


async def test_the_reader_answers_through_the_whole_way(patient: AnswerContact) -> None:
    answer = await patient(asked(COST))
    assert isinstance(answer, Answer)
    assert answer.text == "Shipping costs 4.90 euros."


def test_every_odd_behaviour_of_the_stand_in_has_an_expectation() -> None:
    assert {fault.kind for fault in MODEL_FAULTS} == set(KINDS)


@pytest.mark.parametrize("fault", MODEL_FAULTS, ids=lambda fault: fault.name)
async def test_each_odd_behaviour_ends_as_expected(model: ModelStandin, fault: ModelFault) -> None:
    rule = model.add_fault(**fault.rule())
    lasts = fault.kind in {"hang", "latency", "slow_body"}
    limits = {"call_s": 0.1, "seconds": 0.3} if lasts else {"call_s": 10, "seconds": 20}
    async with bot(model, **limits) as one, asyncio.timeout(20):
        decision = await one(asked(COST))

    if fault.outcome == "answered":
        assert isinstance(decision, Answer)
        assert decision.text == "Shipping costs 4.90 euros."
    else:
        assert isinstance(decision, Handoff)
        assert decision.reason == "ai_unavailable"
    assert bool(rule.fired) is ("embeddings" not in fault.methods)


@pytest.mark.parametrize("fault", SOME_FAULTS, ids=lambda fault: fault.kind)
async def test_people_take_over_within_the_limit_and_others_are_not_held_up(
    hasty: AnswerContact, model: ModelStandin, fault: ModelFault
) -> None:
    model.add_fault(**fault.rule())
    without_model = AnswerContact(await known(), Thresholds())
    async with asyncio.timeout(10):
        waiting = [asyncio.create_task(hasty(asked(COST))) for _ in range(12)]
        other = await without_model(asked(COST))
        decisions = await asyncio.gather(*waiting)

    assert isinstance(other, Answer)
    assert {one.reason for one in decisions if isinstance(one, Handoff)} == {"ai_unavailable"}
    assert all(isinstance(one, Handoff) for one in decisions)


async def test_it_answers_again_once_the_endpoint_is_well(
    patient: AnswerContact, model: ModelStandin
) -> None:
    model.add_fault("server_error", times=4)
    first = await patient(asked(COST))
    second = await patient(asked(COST))
    assert isinstance(first, Handoff)
    assert isinstance(second, Answer)
