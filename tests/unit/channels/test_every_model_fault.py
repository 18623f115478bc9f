"""Every fault of the model endpoint, and what the AI service makes of it.

A fault that is added to the stand-in has to be added here.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from libs.standins.model import ModelStandin
from libs.standins.model.fault_kinds import KINDS
from services.ai.adapters.openai_chat import OpenAIChat
from services.ai.adapters.openai_embedder import OpenAIEmbedder
from services.ai.domain.model_calls import ChatRequest, Message, ModelFailed
from services.ai.domain.structured import Shape, strict_schema
from services.ai.use_cases.embedding_ports import EmbeddingUnavailable


class Colour(Shape):
    name: str


#: Fault to how a completion fails; None where one comes all the same.
CHAT: Mapping[str, str | None] = {
    "latency": None,
    "hang": "timeout",
    "slow_body": None,
    "reset": "unavailable",
    "rate_limit": "unavailable",
    "quota": "misconfigured",
    "server_error": "unavailable",
    "bad_gateway": "unavailable",
    "unauthorized": "misconfigured",
    "forbidden": "misconfigured",
    "not_found": "misconfigured",
    "conflict": "unavailable",
    "unprocessable": "garbage",
    "context_length": "too_long",
    "no_structured_output": "no_format",
    "html": "garbage",
    "not_json": "garbage",
    "error_body": "garbage",
    "no_choices": "garbage",
    "no_usage": None,
    "no_finish_reason": "garbage",
    "length": "cut",
    "content_filter": "refused",
    "refusal": "refused",
    "empty": "garbage",
    # Text that is no answer is for whoever reads it: tests/unit/ai/test_ask_model.py.
    "garbage": None,
    "bad_arguments": "garbage",
}
#: Parley asks for no stream: the stand-in plays these for others (tests/unit/standins/test_model.py).
STREAMS = frozenset({"no_done", "cut_stream", "hang_stream", "error_chunk"})
#: Fault of embeddings to whether it fails.
EMBEDDINGS: Mapping[str, bool] = {"shuffled": False, "too_few": True}
OPTIONS: Mapping[str, dict[str, Any]] = {
    "latency": {"seconds": 0.02},
    "slow_body": {"seconds": 0.05},
    "rate_limit": {"retry_after": 300},
    "server_error": {"should_retry": False},
}


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[ModelStandin]:
    async with ModelStandin.running() as standin:
        yield standin


@pytest.fixture
async def model(served: ModelStandin) -> AsyncIterator[ModelStandin]:
    yield served
    await served.reset()


def test_the_tables_have_every_fault_of_the_stand_in() -> None:
    assert CHAT.keys() | STREAMS | EMBEDDINGS.keys() == KINDS.keys()


@pytest.mark.parametrize(("kind", "failure"), CHAT.items())
async def test_a_completion_fails_as_the_table_says(
    model: ModelStandin, kind: str, failure: str | None
) -> None:
    model.add_fault(kind, **OPTIONS.get(kind, {}))
    chat = OpenAIChat(model.base_url, "sk-any", seconds=0.5 if kind == "hang" else 10.0)
    messages = (Message("system", "Answer in JSON."), Message("user", "A colour?"))
    try:
        if failure is None:
            said = await chat.say(ChatRequest("echo-1", messages, "strict", strict_schema(Colour), 50))
            assert said.text
        else:
            with pytest.raises(ModelFailed) as caught:
                await chat.say(ChatRequest("echo-1", messages, "strict", strict_schema(Colour), 50))
            assert caught.value.kind == failure
    finally:
        await chat.close()


@pytest.mark.parametrize(("kind", "fails"), EMBEDDINGS.items())
async def test_embeddings_are_taken_by_their_index_and_never_too_few(
    model: ModelStandin, kind: str, fails: bool
) -> None:
    embedder = OpenAIEmbedder(model.base_url, "sk-any", model="m", dimension=64, seconds=10.0)
    try:
        right = await embedder.embed(["one", "two"])
        model.add_fault(kind)
        if fails:
            with pytest.raises(EmbeddingUnavailable):
                await embedder.embed(["one", "two"])
        else:
            assert await embedder.embed(["one", "two"]) == right
    finally:
        await embedder.close()
