"""The short form of the chaos table's AI rows: shorter time limits, a fault of each sort."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.model_faults import SOME_FAULTS
from tests.chaos.model_stack import Seconds, TwoChatbots, two_chatbots
from tests.chaos.models import ANSWER, killed_service, late_answer, meet_fault, other_answers
from tests.chaos.providers import Pulse
from tests.conftest import Broker, databases, vhost

SHORT = Seconds(call=2.0, models=3.0, answer=6.0)


@pytest.fixture(scope="module")
async def chatbots(broker: Broker, mongodb_url: str) -> AsyncIterator[TwoChatbots]:
    async with vhost(broker) as broker_url, databases(mongodb_url) as prefix:
        with tempfile.TemporaryDirectory(prefix="parley-models-") as folder:
            async with two_chatbots(Path(folder), broker_url, mongodb_url, prefix, SHORT) as made:
                yield made


async def test_an_ill_endpoint_costs_its_own_chatbot_a_handoff_and_others_nothing(
    chatbots: TwoChatbots,
) -> None:
    others = Pulse(chatbots.well)
    async with chatbots.sick.console() as admin, others.beating(pause=0.2):
        seen = [await meet_fault(chatbots, admin, fault, people=3) for fault in SOME_FAULTS]
    wrong = [f"{one.fault.name}: {said}" for one in seen for said in one.wrong]
    assert not wrong, "; ".join(wrong)
    assert await other_answers(chatbots) == {ANSWER}


async def test_without_any_ai_the_conversation_itself_hands_over(chatbots: TwoChatbots) -> None:
    seconds, wrong = await killed_service(chatbots)
    assert not wrong
    assert seconds >= SHORT.answer


async def test_an_answer_after_an_agent_took_over_is_refused_and_never_seen(chatbots: TwoChatbots) -> None:
    assert await late_answer(chatbots) == []
