"""Faults: each kind as the bot's code meets it, on the calls it was asked for."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from libs.standins.errors import FaultError
from libs.standins.telegram import TelegramBot, TelegramStandin
from tests.unit.standins.conftest import ANN, OLA, Api


def outcomes(bot: TelegramBot) -> list[tuple[str, str | None, int | None]]:
    return [(attempt.outcome, attempt.fault, attempt.status) for attempt in bot.attempts.after()]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (
            {"kind": "rate_limit", "retry_after": 6},
            {
                "error_code": 429,
                "description": "Too Many Requests: retry after 6",
                "parameters": {"retry_after": 6},
            },
        ),
        ({"kind": "server_error"}, {"error_code": 500, "description": "Internal Server Error"}),
        ({"kind": "unauthorized"}, {"error_code": 401, "description": "Unauthorized"}),
        ({"kind": "not_found"}, {"error_code": 404, "description": "Not Found"}),
        ({"kind": "blocked"}, {"error_code": 403, "description": "Forbidden: bot was blocked by the user"}),
        ({"kind": "chat_not_found"}, {"error_code": 400, "description": "Bad Request: chat not found"}),
        (
            {"kind": "migrated", "migrate_to_chat_id": -1_002_200_330_077},
            {
                "error_code": 400,
                "description": "Bad Request: group chat was upgraded to a supergroup chat",
                "parameters": {"migrate_to_chat_id": -1_002_200_330_077},
            },
        ),
        (
            {"kind": "error", "status": 409, "description": "Conflict: twice"},
            {"error_code": 409, "description": "Conflict: twice"},
        ),
    ],
    ids=lambda value: value.get("kind", ""),
)
async def test_a_refusal_has_telegrams_body_and_nothing_is_sent(
    api: Api, bot: TelegramBot, fault: dict[str, Any], error: dict[str, Any]
) -> None:
    bot.add_fault(**fault)

    answer = await api("sendMessage", chat_id=ANN, text="hi")

    assert answer.json() == {"ok": False, **error}
    assert answer.status_code == error["error_code"]
    assert answer.headers.get("retry-after") == ("6" if answer.status_code == 429 else None)
    assert bot.messages.after() == []
    assert outcomes(bot) == [("refused", fault["kind"], error["error_code"])]


async def test_a_bad_gateway_answers_html(api: Api, bot: TelegramBot) -> None:
    bot.add_fault("bad_gateway")

    answer = await api("sendMessage", chat_id=ANN, text="hi")

    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
    assert answer.text.startswith("<html>")


@pytest.mark.parametrize("accepted", [False, True])
async def test_a_reset_may_come_before_or_after_the_message_was_accepted(
    api: Api, bot: TelegramBot, accepted: bool
) -> None:
    bot.add_fault("reset", accepted=accepted)

    with pytest.raises(httpx.ReadError):
        await api("sendMessage", chat_id=ANN, text="hi")

    assert [message.text for message in bot.messages.after()] == (["hi"] if accepted else [])
    assert outcomes(bot) == [("accepted", "reset", 200) if accepted else ("lost", "reset", None)]


@pytest.mark.parametrize("kind", ["server_error", "bad_gateway"])
async def test_a_server_error_may_hide_that_the_message_was_accepted(
    api: Api, bot: TelegramBot, kind: str
) -> None:
    bot.add_fault(kind, accepted=True)

    assert (await api("sendMessage", chat_id=ANN, text="hi")).status_code in {500, 502}
    assert len(bot.messages.after()) == 1


@pytest.mark.parametrize("accepted", [False, True])
async def test_a_hang_outlasts_the_callers_time_limit(api: Api, bot: TelegramBot, accepted: bool) -> None:
    bot.add_fault("hang", seconds=30, accepted=accepted)
    body = {"chat_id": ANN, "text": "hi"}

    with pytest.raises(httpx.ReadTimeout):
        await api.http.post(f"/bot{api.token}/sendMessage", json=body, timeout=0.05)

    assert len(bot.messages.after()) == accepted


async def test_a_hang_ends_in_a_broken_connection(api: Api, bot: TelegramBot) -> None:
    bot.add_fault("hang", seconds=0.01)

    with pytest.raises(httpx.ReadError):
        await api("sendMessage", chat_id=ANN, text="hi")


async def test_a_slow_body_starts_at_once_and_trickles(api: Api, bot: TelegramBot) -> None:
    bot.add_fault("slow_body", seconds=1.0)
    started = time.monotonic()

    async with api.http.stream("POST", f"/bot{api.token}/getMe") as answer:
        headers_after = time.monotonic() - started
        body = await answer.aread()

    assert headers_after < 1.0 <= time.monotonic() - started
    assert b'"is_bot":true' in body


async def test_latency_delays_but_does_not_change_the_answer(api: Api, bot: TelegramBot) -> None:
    bot.add_fault("latency", seconds=0.05, jitter=0.01, seed=1)
    bot.add_fault("rate_limit", methods="sendMessage", times=1)
    started = time.monotonic()

    assert (await api("sendMessage", chat_id=ANN, text="hi")).status_code == 429
    assert (await api("sendMessage", chat_id=ANN, text="hi")).status_code == 200
    assert time.monotonic() - started >= 0.1


async def statuses(api: Api, count: int, **body: Any) -> list[int]:
    body = {"chat_id": ANN, "text": "hi", **body}
    return [(await api("sendMessage", **body)).status_code for _ in range(count)]


async def test_a_rule_fires_on_the_calls_it_names(api: Api, bot: TelegramBot) -> None:
    bot.add_fault("server_error", calls=[2, 4], methods=["SENDMESSAGE"])
    await api.ok("getMe")

    assert await statuses(api, 5) == [200, 500, 200, 500, 200]


async def test_a_rule_fires_every_nth_time_and_only_so_often(api: Api, bot: TelegramBot) -> None:
    bot.add_fault("server_error", every=2, times=2)

    assert await statuses(api, 7) == [200, 500, 200, 500, 200, 200, 200]


async def test_a_rule_for_a_recipient_leaves_others_alone(api: Api, bot: TelegramBot) -> None:
    bot.state.add_chat({"id": OLA})
    bot.add_fault("blocked", recipients=OLA)

    assert await statuses(api, 2, chat_id=str(OLA)) == [403, 403]
    assert await statuses(api, 2) == [200, 200]


async def test_chance_is_repeatable_by_its_seed(api: Api, bot: TelegramBot) -> None:
    first = bot.add_fault("server_error", probability=0.5, seed=7)
    sequence = await statuses(api, 20)
    bot.faults.remove(first)
    bot.add_fault("server_error", probability=0.5, seed=7)

    assert await statuses(api, 20) == sequence
    assert set(sequence) == {200, 500}


async def test_the_oldest_rule_wins_and_only_the_winner_is_used_up(api: Api, bot: TelegramBot) -> None:
    bot.add_fault("rate_limit", times=1)
    bot.add_fault("server_error", times=1)

    assert await statuses(api, 3) == [429, 500, 200]


async def test_a_request_may_bring_its_own_fault(api: Api, bot: TelegramBot) -> None:
    path = f"/bot{api.token}/getMe"

    async def with_header(value: str) -> httpx.Response:
        return await api.http.get(path, headers={"X-Standin-Fault": value})

    assert (await with_header('{"kind": "rate_limit", "retry_after": 2}')).headers["retry-after"] == "2"
    assert (await with_header('{"kind": "latency", "seconds": 0}')).status_code == 200
    assert (await with_header("nonsense")).json()["description"] == "Bad Request: X-Standin-Fault is not JSON"
    assert (await with_header("[]")).status_code == 400
    assert (await api.http.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"kind": "gremlins"}, "kind must be one of"),
        ({"kind": "reset", "retry_after": 1}, "reset takes no retry_after"),
        ({"kind": "hang", "seconds": -1}, "seconds must be a number of seconds"),
        ({"kind": "hang", "accepted": "yes"}, "accepted must be true or false"),
        ({"kind": "reset", "probability": 1.5}, "probability must be between 0 and 1"),
        ({"kind": "reset", "calls": [0]}, "calls must be whole numbers from 1 on"),
        ({"kind": "reset", "times": True}, "times must be whole numbers from 1 on"),
        ({"kind": "reset", "methods": [None]}, "methods must be text or numbers"),
        ({"kind": "error", "status": 200}, "status must be 400-599"),
        ({"kind": "error", "status": "bad"}, "must be whole numbers"),
        ({"kind": "error", "parameters": 5}, "parameters must be an object"),
    ],
)
def test_a_rule_that_cannot_be_understood_is_refused(rule: dict[str, Any], reason: str) -> None:
    bot = TelegramBot("1:x", {"id": 1}, speed_up=1, time_limit_s=1)
    with pytest.raises(FaultError, match=reason):
        bot.add_fault(**rule)


async def test_who_blocked_the_bot_or_migrated_is_refused_until_it_changes(
    api: Api, bot: TelegramBot
) -> None:
    bot.people.set_membership(ANN, "kicked")
    assert await api.refused("sendMessage", chat_id=ANN, text="hi") == (
        403,
        "Forbidden: bot was blocked by the user",
    )
    bot.people.set_membership(ANN, "member")
    await api.ok("sendMessage", chat_id=ANN, text="hi")

    ola = {"id": OLA, "first_name": "Ola"}
    bot.people.write(-40_055, "hello all", sender=ola)
    bot.people.migrate(-40_055, -1_002_200_330_077, sender=ola)
    answer = await api("sendMessage", chat_id=-40_055, text="hi")
    assert answer.json()["parameters"] == {"migrate_to_chat_id": -1_002_200_330_077}
    await api.ok("sendMessage", chat_id=-1_002_200_330_077, text="hi")

    bot.people.set_membership(-1_002_200_330_077, "kicked", sender=ola)
    refused = await api.refused("sendMessage", chat_id=-1_002_200_330_077, text="hi")
    assert refused == (403, "Forbidden: bot was kicked from the supergroup chat")


async def test_closing_the_standin_ends_a_hang_at_once() -> None:
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        async with TelegramStandin.running() as standin:
            bot = standin.add_bot("1234567:stand-in_token_of_a_test_bot")
            bot.add_fault("hang", seconds=60)
            hanging = asyncio.create_task(client.get(f"{standin.base_url}/bot{bot.state.token}/getMe"))
            await bot.attempts.wait_after(seconds=20)
            started = time.monotonic()
        with pytest.raises(httpx.TransportError):
            await hanging
        assert time.monotonic() - started < 20  # of the 60 that it would hang
