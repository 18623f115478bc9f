"""The model endpoint, as the openai package and as plain HTTP meet it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI

from libs.standins.client import StandinClient
from libs.standins.errors import FaultError
from libs.standins.model import ModelStandin, Prompt, Reply
from libs.standins.model.fault_kinds import GARBAGE

SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["answer", "hand_off"]},
        "claims": {"type": "array", "items": {"type": "string"}},
        "sure": {"type": ["number", "null"]},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "version": {"const": 1},
    },
    "required": ["kind", "claims", "sure", "note", "version"],
    "additionalProperties": False,
}
HELLO: Any = [{"role": "user", "content": "Hello"}]


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[ModelStandin]:
    async with ModelStandin.running(api_key="sk-test") as standin:
        yield standin


@pytest.fixture
async def model(served: ModelStandin) -> AsyncIterator[ModelStandin]:
    yield served
    await served.reset()


@pytest.fixture
async def client(model: ModelStandin) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key="sk-test", base_url=model.base_url, max_retries=0, timeout=5) as one:
        yield one


@pytest.fixture
async def raw(model: ModelStandin) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": "Bearer sk-test"}
    async with httpx.AsyncClient(base_url=model.base_url, headers=headers, timeout=5, trust_env=False) as one:
        yield one


def wanted(schema: dict[str, Any], *, strict: bool = True) -> Any:
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema, "strict": strict}}


async def test_a_completion_has_every_member_that_the_api_has(client: AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(model="echo-1", messages=HELLO)

    assert answer.choices[0].message.content == "You said: Hello"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer._request_id == "req_1"


async def test_a_schema_is_filled(client: AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(
        model="echo-1", messages=HELLO, response_format=wanted(SCHEMA)
    )
    said = json.loads(answer.choices[0].message.content or "")
    assert said == {"kind": "answer", "claims": [], "sure": 0.0, "note": "", "version": 1}


async def test_what_a_test_tells_it_to_say_is_said(client: AsyncOpenAI, model: ModelStandin) -> None:
    model.say({"kind": "answer"}, contains="parcel", times=1)
    model.say("Only the big one.", model="big-1")

    async def ask(name: str, text: str) -> str | None:
        messages: Any = [{"role": "user", "content": [{"type": "text", "text": text}]}]
        answer = await client.chat.completions.create(model=name, messages=messages)
        return answer.choices[0].message.content

    assert await ask("echo-1", "my parcel") == '{"kind": "answer"}'
    assert await ask("echo-1", "my parcel") == "You said: my parcel"
    assert await ask("big-1", "anything") == "Only the big one."
    model.answer_with(lambda prompt: Reply(f"{prompt.model} heard {prompt.last}"))
    assert await ask("small-1", "hi") == "small-1 heard hi"
    assert [call.key for call in model.calls.after()] == ["echo-1", "echo-1", "big-1", "small-1"]


async def test_a_tool_is_called(client: AsyncOpenAI) -> None:
    tools: Any = [{"type": "function", "function": {"name": "find_order", "parameters": {}}}]
    answer = await client.chat.completions.create(model="echo-1", messages=HELLO, tools=tools)
    [call] = answer.choices[0].message.tool_calls or []
    assert (call.function.name, answer.choices[0].finish_reason) == ("find_order", "tool_calls")  # type: ignore[union-attr]


async def test_the_reader_answers_from_the_passages_of_its_prompt(client: AsyncOpenAI) -> None:
    passages = [
        {"id": "a", "title": "Lids", "text": "Lids are made of glass."},
        {"id": "b", "title": "Shipping", "text": "We ship on Mondays. Shipping costs 4.90 euros."},
    ]

    async def ask(data: dict[str, Any]) -> Any:
        messages: Any = [
            {"role": "system", "content": "Answer as JSON."},
            {"role": "user", "content": json.dumps(data)},
        ]
        answer = await client.chat.completions.create(
            model="reader-1", messages=messages, response_format={"type": "json_object"}
        )
        return json.loads(answer.choices[0].message.content or "")

    found = await ask({"passages": passages, "question": "What does shipping cost?"})
    assert found["claims"][0]["passage"] == "b"
    assert found["claims"][0]["quote"] == "Shipping costs 4.90 euros."
    assert (await ask({"passages": passages, "question": "Elephants?"}))["kind"] == "hand_off"
    assert (await ask({"draft": "we ship today"}))["improved"] == "We ship today."
    plain = await client.chat.completions.create(model="reader-1", messages=HELLO)
    assert plain.choices[0].message.content == "I see no passages."
    shaped = await client.chat.completions.create(
        model="reader-1",
        messages=[{"role": "user", "content": "{ not json"}],
        response_format=wanted(SCHEMA),
    )
    assert json.loads(shaped.choices[0].message.content or "")["kind"] == "answer"


@pytest.mark.parametrize(
    "body",
    [
        {"messages": HELLO},
        {"model": "echo-1"},
        {"model": 5, "messages": HELLO},
        {"model": "echo-1", "messages": []},
        {"model": "echo-1", "messages": ["hi"]},
        {"model": "echo-1", "messages": [{"role": "robot", "content": "hi"}]},
        {"model": "echo-1", "messages": [{"role": "user"}]},
        {"model": "echo-1", "messages": HELLO, "max_tokens": 0},
        {"model": "echo-1", "messages": HELLO, "response_format": {"type": "xml"}},
        {"model": "echo-1", "messages": HELLO, "response_format": {"type": "json_object"}},
        {"model": "echo-1", "messages": HELLO, "response_format": {"type": "json_schema"}},
        {
            "model": "echo-1",
            "messages": HELLO,
            "response_format": wanted({"type": "object", "properties": {"a": {}}, "required": ["a"]}),
        },
        {
            "model": "echo-1",
            "messages": HELLO,
            "response_format": wanted(
                {"type": "object", "properties": {"a": {}}, "additionalProperties": False}
            ),
        },
    ],
)
async def test_a_request_that_does_not_fit_is_refused(raw: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await raw.post("/chat/completions", json=body)
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


async def test_key_path_and_body_are_checked(raw: httpx.AsyncClient) -> None:
    body = {"model": "echo-1", "messages": HELLO}
    for key in ("", "Bearer wrong", "Basic sk-test"):
        answer = await raw.post("/chat/completions", json=body, headers={"authorization": key})
        assert answer.status_code == 401
    assert (await raw.post("/completions", json=body)).status_code == 404
    assert (await raw.get("/chat/completions")).status_code == 404
    assert (await raw.post("/chat/completions", content=b"{")).status_code == 400
    assert (await raw.post("/chat/completions", content=b"[]")).status_code == 400
    assert (await raw.post("/chat/completions", content=b"x" * 17_000_000)).status_code == 413
    assert len((await raw.get("/models")).json()["data"]) == 3


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "rate_limit"}, openai.RateLimitError),
        ({"kind": "rate_limit", "retry_after": 300, "retry_after_ms": 250}, openai.RateLimitError),
        ({"kind": "quota"}, openai.RateLimitError),
        ({"kind": "server_error"}, openai.InternalServerError),
        ({"kind": "server_error", "status": 503, "should_retry": False}, openai.InternalServerError),
        ({"kind": "bad_gateway"}, openai.InternalServerError),
        ({"kind": "unauthorized"}, openai.AuthenticationError),
        ({"kind": "forbidden"}, openai.PermissionDeniedError),
        ({"kind": "not_found"}, openai.NotFoundError),
        ({"kind": "conflict"}, openai.ConflictError),
        ({"kind": "unprocessable"}, openai.UnprocessableEntityError),
        ({"kind": "context_length"}, openai.BadRequestError),
        ({"kind": "reset"}, openai.APIConnectionError),
        ({"kind": "reset", "accepted": True}, openai.APIConnectionError),
        ({"kind": "not_json"}, json.JSONDecodeError),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else "",
)
async def test_each_refusal_reaches_the_caller_as_its_own_error(
    client: AsyncOpenAI, model: ModelStandin, fault: dict[str, Any], error: type[Exception]
) -> None:
    model.add_fault(**fault)
    with pytest.raises(error) as caught:
        await client.chat.completions.create(model="echo-1", messages=HELLO)
    if isinstance(caught.value, openai.RateLimitError) and "retry_after_ms" in fault:
        assert caught.value.response.headers["retry-after-ms"] == "250"
        assert caught.value.response.headers["retry-after"] == "300"
    assert model.calls.after()[0].fault == fault["kind"]


@pytest.mark.parametrize("kind", ["hang", "slow_body"])
async def test_what_takes_too_long_runs_into_the_callers_limit(
    client: AsyncOpenAI, model: ModelStandin, kind: str
) -> None:
    model.add_fault(kind, seconds=30)
    with pytest.raises(openai.APITimeoutError):
        await client.chat.completions.create(model="echo-1", messages=HELLO, timeout=0.2)


async def test_latency_is_added(client: AsyncOpenAI, model: ModelStandin) -> None:
    model.add_fault("latency", seconds=0.3)
    with pytest.raises(openai.APITimeoutError):
        await client.chat.completions.create(model="echo-1", messages=HELLO, timeout=0.1)
    answer = await client.chat.completions.create(model="echo-1", messages=HELLO)
    assert answer.choices[0].finish_reason == "stop"


async def test_odd_successes(client: AsyncOpenAI, model: ModelStandin) -> None:
    async def odd(kind: str) -> Any:
        model.faults.clear()
        model.add_fault(kind)
        return await client.chat.completions.create(model="echo-1", messages=HELLO)

    assert isinstance(await odd("html"), str)
    assert (await odd("error_body")).choices is None
    assert (await odd("no_choices")).choices is None
    assert (await odd("no_usage")).usage is None
    assert (await odd("no_finish_reason")).choices[0].finish_reason is None
    cut = (await odd("length")).choices[0]
    assert (cut.finish_reason, cut.message.content) == ("length", "You sai")
    assert (await odd("content_filter")).choices[0].finish_reason == "content_filter"
    assert (await odd("refusal")).choices[0].message.refusal
    assert (await odd("empty")).choices[0].message.content == ""
    assert (await odd("garbage")).choices[0].message.content == GARBAGE
    [call] = (await odd("bad_arguments")).choices[0].message.tool_calls
    with pytest.raises(json.JSONDecodeError):
        json.loads(call.function.arguments)


async def test_an_endpoint_without_structured_output_refuses_the_format_alone(
    client: AsyncOpenAI, model: ModelStandin
) -> None:
    model.add_fault("no_structured_output")
    with pytest.raises(openai.BadRequestError):
        await client.chat.completions.create(model="echo-1", messages=HELLO, response_format=wanted(SCHEMA))
    assert (await client.chat.completions.create(model="echo-1", messages=HELLO)).choices


async def _streamed(client: AsyncOpenAI, **options: Any) -> tuple[str, list[str | None], bool]:
    text, finished, usage = "", [], False
    stream = await client.chat.completions.create(model="echo-1", messages=HELLO, stream=True, **options)
    async for chunk in stream:
        usage = usage or chunk.usage is not None
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finished.append(choice.finish_reason)
    return text, finished, usage


async def test_a_stream_ends_with_its_reason_and_its_usage(client: AsyncOpenAI) -> None:
    text, finished, usage = await _streamed(client, stream_options={"include_usage": True})
    assert (text, finished[-1], usage) == ("You said: Hello", "stop", True)
    assert (await _streamed(client))[2] is False


async def test_a_streams_tool_call_comes_in_pieces(client: AsyncOpenAI, model: ModelStandin) -> None:
    model.say(finish_reason="tool_calls", tool_calls=(("find", '{"number": 17}'),))
    arguments = ""
    stream = await client.chat.completions.create(model="echo-1", messages=HELLO, stream=True)
    async for chunk in stream:
        for call in chunk.choices[0].delta.tool_calls or []:
            arguments += (call.function.arguments if call.function else None) or ""
    assert arguments == '{"number": 17}'


async def test_streams_break_in_each_way(client: AsyncOpenAI, model: ModelStandin) -> None:
    model.add_fault("no_done", times=1)
    assert (await _streamed(client))[0] == "You said: Hello"
    model.add_fault("cut_stream", times=1)
    with pytest.raises(openai.APIConnectionError):
        await _streamed(client)
    model.add_fault("error_chunk", times=1)
    with pytest.raises(openai.APIError, match="overloaded"):
        await _streamed(client)
    model.add_fault("hang_stream", seconds=30, times=1)
    with pytest.raises(openai.APITimeoutError):
        await _streamed(client, timeout=0.2)


async def test_embeddings_in_both_encodings(client: AsyncOpenAI, raw: httpx.AsyncClient) -> None:
    packed = await client.embeddings.create(model="embed-1", input=["a parcel", "two lids"])
    plain = await client.embeddings.create(
        model="embed-1", input=["a parcel", "two lids"], encoding_format="float"
    )
    assert len(packed.data[0].embedding) == 256
    assert packed.data[1].embedding == pytest.approx(plain.data[1].embedding, abs=1e-6)
    short = await client.embeddings.create(model="embed-1", input="one", dimensions=8)
    assert len(short.data[0].embedding) == 8
    for body in (
        {"model": "embed-1"},
        {"input": "a"},
        {"model": "embed-1", "input": [""]},
        {"model": "embed-1", "input": [1, 2]},
        {"model": "embed-1", "input": ["a"] * 2_049},
        {"model": "embed-1", "input": "a" * 40_000},
        {"model": "embed-1", "input": "a", "dimensions": -1},
        {"model": "embed-1", "input": "a", "encoding_format": "hex"},
    ):
        assert (await raw.post("/embeddings", json=body)).status_code == 400


async def test_embeddings_out_of_order_and_too_few(client: AsyncOpenAI, model: ModelStandin) -> None:
    model.add_fault("shuffled", times=1)
    answer = await client.embeddings.create(model="embed-1", input=["a", "b"])
    assert [one.index for one in answer.data] == [1, 0]
    model.add_fault("too_few", times=1)
    assert len((await client.embeddings.create(model="embed-1", input=["a", "b"])).data) == 1


async def test_the_responses_api(client: AsyncOpenAI, raw: httpx.AsyncClient, model: ModelStandin) -> None:
    answer = await client.responses.create(model="echo-1", input="Hello", instructions="Be brief.")
    assert (answer.status, answer.output_text) == ("completed", "You said: Hello")
    model.say(refusal="No.", times=1)
    refused = await raw.post("/responses", json={"model": "echo-1", "input": HELLO})
    assert refused.json()["output"][0]["content"][0]["type"] == "refusal"
    model.say("half", finish_reason="length", times=1)
    cut = (await raw.post("/responses", json={"model": "echo-1", "input": "Hello"})).json()
    assert (cut["status"], cut["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    for wrong in ({"model": "echo-1"}, {"model": "echo-1", "input": []}):
        assert (await raw.post("/responses", json=wrong)).status_code == 400
    shaped = {"type": "json_schema", "name": "reply", "schema": SCHEMA}
    filled = await raw.post("/responses", json={"model": "e", "input": "Hi", "text": {"format": shaped}})
    assert "hand_off" not in filled.json()["output"][0]["content"][0]["text"]


async def test_it_is_steered_from_another_process(client: AsyncOpenAI, model: ModelStandin) -> None:
    async with StandinClient(model.base_url.removesuffix("/v1")) as standin:
        await standin.model.say("Steered.", contains="Hello", times=1)
        answer = await client.chat.completions.create(model="echo-1", messages=HELLO)
        assert answer.choices[0].message.content == "Steered."
        await standin.model.add_fault("server_error", times=1)
        with pytest.raises(openai.InternalServerError):
            await client.chat.completions.create(model="echo-1", messages=HELLO)
        assert [call["status"] for call in await standin.model.calls("echo-1")] == [200, 500]
        assert (await standin.call("GET", "/model/faults"))["faults"][0]["fired"] == 1
        await standin.model.clear_faults()
        await standin.model.clear_replies()
        assert (await standin.call("GET", "/model/faults"))["faults"] == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "explode"},
        {"kind": "server_error", "status": 404},
        {"kind": "rate_limit", "retry_after_ms": "soon"},
        {"kind": "length", "seconds": 1},
    ],
)
def test_a_fault_that_cannot_be_understood_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(FaultError):
        ModelStandin().add_fault(**fault)


def test_the_newest_message_of_the_caller_is_the_last_one() -> None:
    assert Prompt("m", (("user", "a"), ("assistant", "b"))).last == "a"
    assert Prompt("m", (("system", "a"),)).last == ""
