"""The adapter against the stand-in: each way in which an endpoint fails, as the service knows it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from libs.standins.model import ModelStandin
from services.ai.adapters.guarded_chat import GuardedChat
from services.ai.adapters.openai_chat import OpenAIChat
from services.ai.domain.model_calls import ChatRequest, Form, Message, ModelFailed
from services.ai.domain.structured import Shape, strict_schema
from tests.unit.ai.model_fakes import ScriptedChat


class Colour(Shape):
    name: str


def request(form: Form = "strict", limit: int = 50) -> ChatRequest:
    messages = (Message("system", "Answer in JSON."), Message("user", "A colour?"))
    return ChatRequest("echo-1", messages, form, strict_schema(Colour), limit)


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[ModelStandin]:
    async with ModelStandin.running() as standin:
        yield standin


@pytest.fixture
async def model(served: ModelStandin) -> AsyncIterator[ModelStandin]:
    yield served
    await served.reset()


@pytest.fixture
async def chat(model: ModelStandin) -> AsyncIterator[OpenAIChat]:
    one = OpenAIChat(model.base_url, "sk-any", seconds=1.0)
    yield one
    await one.close()


@pytest.mark.parametrize("form", ["strict", "json", "text"])
async def test_each_form_asks_for_what_it_is(chat: OpenAIChat, model: ModelStandin, form: Form) -> None:
    said = await chat.say(request(form))
    assert said.text
    assert said.usage.total > 0
    assert not said.usage.estimated
    body = model.calls.after()[0].request
    wanted = {"strict": "json_schema", "json": "json_object", "text": None}[form]
    assert body.get("response_format", {}).get("type") == wanted
    assert body["max_completion_tokens"] == 50


@pytest.mark.parametrize(
    ("fault", "kind", "calls"),
    [
        ({"kind": "rate_limit", "retry_after_ms": 10}, "unavailable", 2),
        ({"kind": "rate_limit", "retry_after": 300}, "unavailable", 1),
        ({"kind": "quota"}, "misconfigured", 1),
        ({"kind": "server_error"}, "unavailable", 2),
        ({"kind": "server_error", "should_retry": False}, "unavailable", 1),
        ({"kind": "bad_gateway"}, "unavailable", 2),
        ({"kind": "unauthorized"}, "misconfigured", 1),
        ({"kind": "forbidden"}, "misconfigured", 1),
        ({"kind": "not_found"}, "misconfigured", 1),
        ({"kind": "conflict"}, "unavailable", 2),
        ({"kind": "context_length"}, "too_long", 1),
        ({"kind": "no_structured_output"}, "no_format", 1),
        ({"kind": "reset"}, "unavailable", 2),
        ({"kind": "hang"}, "timeout", 1),
        ({"kind": "slow_body", "seconds": 30}, "timeout", 1),
        ({"kind": "html"}, "garbage", 1),
        ({"kind": "not_json"}, "garbage", 1),
        ({"kind": "error_body"}, "garbage", 1),
        ({"kind": "no_choices"}, "garbage", 1),
        ({"kind": "no_finish_reason"}, "garbage", 1),
        ({"kind": "empty"}, "garbage", 1),
        ({"kind": "bad_arguments"}, "garbage", 1),
        ({"kind": "length"}, "cut", 1),
        ({"kind": "content_filter"}, "refused", 1),
        ({"kind": "refusal"}, "refused", 1),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
async def test_each_failure_is_told_apart(
    chat: OpenAIChat, model: ModelStandin, fault: dict[str, Any], kind: str, calls: int
) -> None:
    model.add_fault(**fault)
    with pytest.raises(ModelFailed) as caught:
        await chat.say(request())
    assert caught.value.kind == kind
    assert len(model.calls) == calls


async def test_a_request_that_is_refused_as_text_is_nothing_to_try_otherwise(
    chat: OpenAIChat, model: ModelStandin
) -> None:
    model.add_fault("unprocessable")
    with pytest.raises(ModelFailed) as caught:
        await chat.say(request("text"))
    assert caught.value.kind == "garbage"


async def test_a_passing_failure_is_tried_once_more(chat: OpenAIChat, model: ModelStandin) -> None:
    model.add_fault("server_error", status=503, times=1)
    assert json.loads((await chat.say(request())).text) == {"name": ""}


async def test_tokens_are_estimated_where_the_endpoint_does_not_count(
    chat: OpenAIChat, model: ModelStandin
) -> None:
    model.add_fault("no_usage")
    usage = (await chat.say(request())).usage
    assert usage.estimated
    assert usage.total > 0


async def test_an_older_server_is_told_max_tokens(chat: OpenAIChat, model: ModelStandin) -> None:
    # The stand-in refuses a limit of 0 by the name it came under, as an old server refuses the name.
    with pytest.raises(ModelFailed):
        await chat.say(request(limit=0))
    assert ["max_tokens" in call.request for call in model.calls.after()] == [False, True]
    await chat.say(request())
    assert model.calls.after()[-1].request["max_tokens"] == 50


async def test_nobody_listens() -> None:
    chat = OpenAIChat("http://127.0.0.1:9/v1", "sk-any", seconds=1.0)
    with pytest.raises(ModelFailed) as caught:
        await chat.say(request())
    assert caught.value.kind == "unavailable"
    await chat.close()


async def test_the_breaker_opens_after_failures_and_lets_one_try() -> None:
    now = [0.0]
    endpoint = ScriptedChat([ModelFailed("timeout"), ModelFailed("timeout"), ModelFailed("refused"), "well"])
    guarded = GuardedChat(endpoint, lambda: now[0], failures=2, pause=10)
    for _ in range(2):
        with pytest.raises(ModelFailed, match="timeout"):
            await guarded.say(request())
    with pytest.raises(ModelFailed, match="too often"):
        await guarded.say(request())
    assert (guarded.is_open, len(endpoint.asked)) == (False, 2)
    now[0] = 11.0
    with pytest.raises(ModelFailed, match="refused"):  # the endpoint is well: it is the prompt
        await guarded.say(request())
    assert (await guarded.say(request())).text == "well"


async def test_a_full_house_refuses_at_once() -> None:
    endpoint = ScriptedChat(["x"])
    guarded = GuardedChat(endpoint, lambda: 0.0, most_at_once=0)
    with pytest.raises(ModelFailed, match="under way"):
        await guarded.say(request())
    assert endpoint.asked == []
