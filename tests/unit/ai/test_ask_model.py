"""The ladder from a schema that the endpoint keeps to, down to a second model."""

import json
from typing import Literal

import pytest

from services.ai.domain.model_calls import Circumstances, ModelFailed, Prompt, Usage
from services.ai.domain.routing import Price, Route, RoutingTable, complexity_of, default_routes
from services.ai.domain.structured import Shape, read_shape, strict_schema
from services.ai.use_cases.ask_model import AskModel, ModelLimits
from tests.unit.ai.model_fakes import HERE, InMemoryUsage, ScriptedChat


class Part(Shape):
    text: str = ""


class Colour(Shape):
    """What the tests ask for."""

    name: Literal["red", "blue"]
    parts: tuple[Part, ...] = ()


GOOD = json.dumps({"name": "red", "parts": []})
PROMPT = Prompt("answer", "Name a colour.", {"conversation": [1, 2, 3, 4, 5, 6], "passages": list("abcdef")})
BOTH = RoutingTable((Route(frozenset({"answer"}), ("main/big", "second/other")),))


def ladder(
    main: ScriptedChat,
    second: ScriptedChat | None = None,
    ledger: InMemoryUsage | None = None,
    limits: ModelLimits | None = None,
) -> AskModel:
    endpoints = {"main": main} | ({"second": second} if second else {})
    return AskModel(endpoints, BOTH, ledger or InMemoryUsage(), limits or ModelLimits(), lambda: 1.0)


async def test_an_answer_of_the_shape_is_taken_and_written_down() -> None:
    ledger = InMemoryUsage()
    main = ScriptedChat([GOOD])
    asked = await ladder(main, ledger=ledger)(PROMPT, Colour, HERE)

    assert (asked.answer.name, asked.model) == ("red", "main/big")
    assert (main.asked[0].model, main.asked[0].form) == ("big", "strict")
    assert json.loads(main.asked[0].messages[1].text) == PROMPT.data
    [call] = ledger.calls
    assert (call.task, call.model, call.outcome, call.usage.total) == ("answer", "main/big", "ok", 110)


async def test_a_form_that_is_refused_is_not_tried_there_again() -> None:
    main = ScriptedChat(
        [ModelFailed("no_format"), ModelFailed("no_format"), f"Here you are:\n```json\n{GOOD}\n```"]
    )
    ask = ladder(main)
    assert (await ask(PROMPT, Colour, HERE)).answer.name == "red"
    assert (await ask(PROMPT, Colour, HERE)).answer.name == "red"
    assert [one.form for one in main.asked] == ["strict", "json", "text", "text"]
    assert "JSON Schema" in main.asked[1].messages[0].text


async def test_text_that_does_not_fit_is_repaired_once() -> None:
    main = ScriptedChat(["no", '{"name": "green"}', "{ {", GOOD])
    assert (await ladder(main)(PROMPT, Colour, HERE)).answer.name == "red"
    assert [one.form for one in main.asked] == ["strict", "json", "text", "text"]
    told = main.asked[3].messages[-1].text
    assert "no JSON object" in told


async def test_what_did_not_fit_is_said_without_what_was_said() -> None:
    with pytest.raises(ModelFailed, match="name: Input should be") as caught:
        read_shape('{"name": "secret"}', Colour)
    assert "secret" not in str(caught.value)


async def test_the_second_model_is_asked_where_the_first_gives_no_answer() -> None:
    main, second = ScriptedChat([ModelFailed("unavailable")]), ScriptedChat([GOOD])
    asked = await ladder(main, second)(PROMPT, Colour, HERE)
    assert asked.model == "second/other"
    assert len(main.asked) == 1


async def test_garbage_from_both_is_garbage() -> None:
    main, second = ScriptedChat(["x"]), ScriptedChat(["y"])
    with pytest.raises(ModelFailed) as caught:
        await ladder(main, second)(PROMPT, Colour, HERE)
    assert caught.value.kind == "garbage"
    assert (len(main.asked), len(second.asked)) == (4, 4)


async def test_a_refusal_is_final() -> None:
    main, second = ScriptedChat([ModelFailed("refused")]), ScriptedChat([GOOD])
    with pytest.raises(ModelFailed) as caught:
        await ladder(main, second)(PROMPT, Colour, HERE)
    assert (caught.value.kind, second.asked) == ("refused", [])


async def test_a_prompt_that_is_too_long_is_shortened_once_and_a_cut_answer_gets_more_room_once() -> None:
    main = ScriptedChat([ModelFailed("too_long"), ModelFailed("cut"), GOOD])
    assert (await ladder(main)(PROMPT, Colour, HERE)).answer.name == "red"
    assert json.loads(main.asked[1].messages[1].text) == {
        "conversation": [4, 5, 6],
        "passages": ["a", "b", "c"],
    }
    assert [one.output_limit for one in main.asked] == [800, 800, 1_600]
    for kind in ("too_long", "cut"):
        again = ScriptedChat([ModelFailed(kind)])  # type: ignore[arg-type]
        with pytest.raises(ModelFailed) as caught:
            await ladder(again)(PROMPT, Colour, HERE)
        assert (caught.value.kind, len(again.asked)) == ("no_model", 2)


def test_a_prompt_without_turns_and_passages_has_nothing_to_shorten() -> None:
    assert Prompt("improve", "", {"draft": "x"}).shortened().data == {"draft": "x"}


async def test_a_model_that_hangs_costs_the_limit_and_no_more() -> None:
    ledger = InMemoryUsage()
    ask = ladder(ScriptedChat(["hang"]), ledger=ledger, limits=ModelLimits(seconds=0.05))
    with pytest.raises(ModelFailed) as caught:
        await ask(PROMPT, Colour, HERE)
    assert caught.value.kind == "timeout"
    assert ledger.calls[0].outcome == "timeout"


@pytest.mark.parametrize(
    "limits", [ModelLimits(conversation_tokens=200), ModelLimits(account_day_tokens=200)]
)
async def test_a_budget_that_is_spent_stops_the_calls(limits: ModelLimits) -> None:
    main = ScriptedChat([GOOD])
    ask = ladder(main, ledger=InMemoryUsage(before=100), limits=limits)
    await ask(PROMPT, Colour, HERE)
    with pytest.raises(ModelFailed) as caught:
        await ask(PROMPT, Colour, HERE)
    assert (caught.value.kind, len(main.asked)) == ("budget", 1)


@pytest.mark.parametrize(
    "limits", [ModelLimits(conversation_cost=0.0003), ModelLimits(account_day_cost=0.0003)]
)
async def test_money_that_is_spent_stops_the_calls_of_models_with_a_price(limits: ModelLimits) -> None:
    main = ScriptedChat([GOOD])
    routes = default_routes(("main/small",), ("main/big",))
    for prices, calls in (({"main/big": Price(2, 8)}, 2), ({}, 4)):
        main.asked.clear()
        priced = RoutingTable(routes, prices)
        ask = AskModel({"main": main}, priced, InMemoryUsage(), limits, lambda: 0.0)
        for _ in range(calls):  # 100 tokens for 2 a million, 10 for 8: 0.00028 a call
            await ask(PROMPT, Colour, HERE)
        if prices:
            with pytest.raises(ModelFailed, match="money"):
                await ask(PROMPT, Colour, HERE)
        assert len(main.asked) == calls


async def test_no_limit_is_no_limit() -> None:
    free = ModelLimits(conversation_tokens=0, account_day_tokens=0)
    ask = ladder(ScriptedChat([GOOD]), ledger=InMemoryUsage(before=10**9), limits=free)
    assert (await ask(PROMPT, Colour, HERE)).answer.name == "red"


async def test_a_task_without_a_route_has_no_model() -> None:
    with pytest.raises(ModelFailed) as caught:
        await ladder(ScriptedChat([GOOD]))(Prompt("improve", "", {}), Colour, HERE)
    assert caught.value.kind == "no_model"
    assert str(caught.value) == "no_model"


def test_the_table_is_read_from_the_top() -> None:
    answers = frozenset({"answer"})
    table = RoutingTable(
        (
            Route(answers, ("main/best",), least_value=1_000),
            Route(answers, ("main/good",), least_complexity=0.5),
            Route(answers, ("main/cheap",)),
        ),
        {"main/best": Price(2.0, 8.0)},
    )
    assert table.models("answer", Circumstances("a", "c", value=5_000)) == ("main/best",)
    assert table.models("answer", Circumstances("a", "c", complexity=0.7)) == ("main/good",)
    assert table.models("answer", HERE) == ("main/cheap",)
    assert table.models("analyse", HERE) == ()
    assert table.cost("main/best", Usage(1_000_000, 500_000)) == 6.0
    assert table.cost("main/cheap", Usage(1_000_000, 0)) == 0.0


def test_a_row_may_be_for_some_chatbots_alone() -> None:
    answers = frozenset({"answer"})
    table = RoutingTable(
        (Route(answers, ("main/in-house",), chatbots=frozenset({"bot-hr"})), Route(answers, ("main/any",)))
    )
    assert table.models("answer", Circumstances("a", "c", chatbot_id="bot-hr")) == ("main/in-house",)
    assert table.models("answer", Circumstances("a", "c", chatbot_id="bot-shop")) == ("main/any",)
    assert table.models("answer", HERE) == ("main/any",)


def test_long_questions_with_a_history_are_complex() -> None:
    assert complexity_of("Where is it?", 1) < 0.1
    assert complexity_of(" ".join(["Why does it not work and what can I do?"] * 12), 12) == 1.0


def test_a_strict_schema_requires_everything_and_allows_nothing_else() -> None:
    schema = strict_schema(Colour)
    part = {
        "type": "object",
        "properties": {"text": {"type": "string"}},
        "required": ["text"],
        "additionalProperties": False,
    }
    assert schema == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "enum": ["red", "blue"]},
            "parts": {"type": "array", "items": part},
        },
        "required": ["name", "parts"],
        "additionalProperties": False,
    }


def test_understanding_is_cheap_and_writing_is_not() -> None:
    table = RoutingTable(default_routes(("main/small", "second/small"), ("main/big", "second/big")))
    assert table.models("analyse", HERE) == ("main/small", "second/small")
    assert table.models("draft", HERE) == ("main/big", "second/big", "main/small", "second/small")
