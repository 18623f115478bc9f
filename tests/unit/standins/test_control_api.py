"""The control API over HTTP, through its client, and the stand-in as a process of its own."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from libs.standins.client import StandinClient, StandinClientError
from libs.standins.telegram import TelegramStandin
from libs.standins.telegram.client import TelegramBotClient
from tests.unit.standins.conftest import ANN, OLA, Receiver, Receivers, until

OLA_USER = {"id": OLA, "first_name": "Ola"}


@pytest.fixture
async def steered(standin: StandinClient, new_token: Callable[[], str], receivers: Receivers) -> Any:
    """A bot registered over HTTP, with the token and the receiver of its webhook."""
    token = new_token()
    bot_id = token.partition(":")[0]
    receiver = receivers.by_name[bot_id] = Receiver(f"{receivers.url}/{bot_id}/hook")
    bot = await standin.register_telegram_bot(
        token, webhook_url=receiver.url, secret="s3cret", speed_up=1_000, allowed_updates=[]
    )
    yield bot, token, receiver
    await bot.remove()
    del receivers.by_name[bot_id]


async def send(http: httpx.AsyncClient, token: str, text: str, chat_id: int = ANN) -> httpx.Response:
    return await http.post(f"/bot{token}/sendMessage", json={"chat_id": chat_id, "text": text})


Steered = tuple[TelegramBotClient, str, Receiver]


async def test_a_conversation_is_played_from_outside(steered: Steered, http: httpx.AsyncClient) -> None:
    bot, token, receiver = steered

    written = await bot.write(ANN, "Is it in stock?", wait=True, from_={"id": ANN, "first_name": "Ann"})
    waiting = asyncio.create_task(bot.wait_for_messages(2, chat_id=ANN, seconds=5))
    for text in ("Yes.", "12 left."):
        assert (await send(http, token, text)).status_code == 200

    assert (written["state"], written["status"], len(written["attempts"])) == ("acked", 200, 1)
    assert written["latency_ms"] > 0
    assert receiver.posts[0].update["update_id"] == written["update_id"]
    assert receiver.posts[0].headers["x-telegram-bot-api-secret-token"] == "s3cret"
    sent = await waiting
    assert [message["text"] for message in sent] == ["Yes.", "12 left."]
    assert sent[0]["request"] == {"chat_id": ANN, "text": "Yes."}
    assert sent[0]["monotonic"] <= sent[1]["monotonic"] <= time.monotonic()
    assert await bot.messages(ANN, after=sent[0]["seq"]) == sent[1:]
    assert await bot.messages(OLA) == []
    with pytest.raises(TimeoutError, match="2 of 3 messages"):
        await bot.wait_for_messages(3, seconds=0.01)


async def test_people_can_do_everything_from_outside(steered: Steered, http: httpx.AsyncClient) -> None:
    bot, token, receiver = steered
    written = await bot.write(ANN, "one", wait=True)
    message_id = written["message_id"]
    await bot.edit(ANN, message_id, text="two", wait=True)
    await bot.press(ANN, message_id, "yes", wait=True)
    assert (await bot.react(ANN, message_id, ["🔥"], wait=True))["state"] == "not_subscribed"
    await bot.set_membership(ANN, "kicked", wait=True)
    await bot.send_update({"something_new": {"x": 1}}, wait=True)
    await bot.write(-40_055, "hello all", wait=True, from_=OLA_USER)
    await bot.migrate(-40_055, -1_002_200_330_077, sender=OLA_USER)
    await bot.add_chat(OLA, first_name="Ola", topics=[3])
    assert (await send(http, token, "hi", OLA)).status_code == 200

    posts = await receiver.wait_for(8)
    kinds = [next(name for name in post.update if name != "update_id") for post in posts]
    assert kinds[:6] == [
        "message",
        "edited_message",
        "callback_query",
        "my_chat_member",
        "something_new",
        "message",
    ]
    updates = await bot.updates(ANN)
    assert [update["kind"] for update in updates] == [
        "message",
        "edited_message",
        "callback_query",
        "message_reaction",
        "my_chat_member",
    ]


async def test_many_messages_are_queued_at_once_and_duplicated(steered: Steered) -> None:
    bot, _, receiver = steered

    queued = await bot.write_batch([{"chat_id": ANN + number, "text": "hi"} for number in range(50)])

    assert len({update["update_id"] for update in queued}) == 50
    await receiver.wait_for(50)
    copies = await bot.duplicate(queued[0]["update_id"], 20, wait=True)
    assert [copy["state"] for copy in copies] == ["acked"] * 20
    assert receiver.update_ids().count(queued[0]["update_id"]) == 21


async def test_queues_are_reordered_from_outside(steered: Steered) -> None:
    bot, _, receiver = steered
    await bot.hold(f"chat:{ANN}")
    written = await bot.write(ANN, "before")
    await bot.press(ANN, written["message_id"], "after", wait=True)
    await bot.release(f"chat:{ANN}")

    posts = await receiver.wait_for(2)
    assert ["callback_query" in post.update for post in posts] == [True, False]


async def test_faults_are_set_shown_and_cleared_from_outside(
    steered: Steered, http: httpx.AsyncClient
) -> None:
    bot, token, _ = steered
    await bot.add_chat(ANN)
    rate = await bot.add_fault("rate_limit", retry_after=3, methods=["sendMessage"], times=1)
    await bot.add_fault("reset", accepted=True, recipients=[OLA])

    assert (await send(http, token, "hi")).headers["retry-after"] == "3"
    assert (await send(http, token, "hi")).status_code == 200
    shown, other = await bot.faults()
    assert (shown["id"], shown["seen"], shown["fired"], shown["retry_after"]) == (rate, 2, 1, 3)
    assert other["recipients"] == [str(OLA)]
    await bot.clear_faults(rate)
    assert len(await bot.faults()) == 1
    await bot.clear_faults()
    assert await bot.faults() == []
    attempts = await bot.attempts(ANN, method="SENDMESSAGE")
    assert [(attempt["outcome"], attempt["fault"]) for attempt in attempts] == [
        ("refused", "rate_limit"),
        ("accepted", None),
    ]
    assert await bot.attempts(method="getMe") == []


async def test_registering_again_brings_the_bot_up_to_date(
    standin: StandinClient, steered: Steered, http: httpx.AsyncClient
) -> None:
    bot, token, receiver = steered
    await bot.add_chat(ANN)
    new_token = f"{bot.id}:another_token_of_this_bot"

    await standin.register_telegram_bot(new_token, first_name="Shop", username="shop_bot", time_limit_s=2)

    assert (await send(http, token, "hi")).status_code == 401
    assert (await send(http, new_token, "hi")).status_code == 200
    bots = (await standin.call("GET", "/telegram/bots"))["bots"]
    shown = next(one for one in bots if one["id"] == bot.id)
    assert (shown["first_name"], shown["webhook_url"], shown["has_secret"]) == ("Shop", receiver.url, True)
    strangers = (await standin.call("GET", "/telegram/attempts", query={"limit": 1000}))["attempts"]
    assert strangers[-1]["status"] == 401
    assert token not in json.dumps(strangers)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "reason"),
    [
        ("POST", "/telegram/bots", {"token": "nonsense"}, 400, "a token is digits"),
        ("POST", "/telegram/bots", {"tokn": "x"}, 400, "unknown: tokn"),
        ("POST", "/telegram/bots", {}, 400, "token is required"),
        ("POST", "/telegram/bots", {"token": "1234567:" + "x" * 30, "username": "a b"}, 400, "a username is"),
        ("POST", "/telegram/bots", {"token": 5}, 400, "token must be text"),
        ("POST", "/telegram/bots", {"token": "1234567:" + "x" * 30, "speed_up": 0}, 400, "speed_up must be"),
        ("POST", "/telegram/1/messages", {"chat_id": 1}, 404, "bot 1 is not registered"),
        ("POST", "/telegram/{bot}/messages", {"text": "hi"}, 400, "chat_id is required"),
        ("POST", "/telegram/{bot}/messages", {"chat_id": True}, 400, "chat_id must be a whole number"),
        ("POST", "/telegram/{bot}/messages", {"chat_id": -5, "text": "hi"}, 400, "who writes in a group"),
        (
            "POST",
            "/telegram/{bot}/messages/batch",
            {"messages": [1]},
            400,
            "messages must be up to 1000 objects",
        ),
        ("POST", "/telegram/{bot}/edits", {"chat_id": 1, "message_id": 1}, 404, "chat 1 is not known"),
        ("POST", "/telegram/{bot}/memberships", {"chat_id": 1, "status": "x"}, 400, "status must be one of"),
        (
            "POST",
            "/telegram/{bot}/reactions",
            {"chat_id": 1, "message_id": 1, "emoji": [1]},
            400,
            "emoji must",
        ),
        ("POST", "/telegram/{bot}/duplicates", {"update_id": 5, "count": 0}, 400, "count must be 1-1000"),
        ("POST", "/telegram/{bot}/duplicates", {"update_id": 5}, 404, "update 5 is not remembered"),
        ("POST", "/telegram/{bot}/chats", {"id": 1, "topics": ["x"]}, 400, "topics must be whole numbers"),
        ("POST", "/telegram/{bot}/chats", {"id": 1, "type": "x"}, 400, "type must be one of"),
        ("POST", "/telegram/{bot}/faults", {"kind": "gremlins"}, 400, "kind must be one of"),
        ("DELETE", "/telegram/{bot}/faults/99", None, 404, "there is no fault rule 99"),
        ("GET", "/telegram/{bot}/messages?wait_seconds=31", None, 400, "wait_seconds must be 0-30"),
        ("GET", "/telegram/{bot}/messages?wait_seconds=x", None, 400, "wait_seconds must be a number"),
        ("GET", "/telegram/{bot}/messages?limit=0", None, 400, "limit must be 1-1000"),
        ("GET", "/telegram/{bot}/messages?after=x", None, 400, "after must be a whole number"),
        ("GET", "/nowhere", None, 404, "Not Found"),
        ("PUT", "/telegram/bots", None, 405, "Method Not Allowed"),
    ],
)
async def test_a_request_that_cannot_be_followed_is_told_why(
    standin: StandinClient,
    steered: Steered,
    method: str,
    path: str,
    body: dict[str, Any] | None,
    status: int,
    reason: str,
) -> None:
    with pytest.raises(StandinClientError, match=reason) as refused:
        await standin.call(method, path.format(bot=steered[0].id), body)
    assert refused.value.status == status


@pytest.mark.parametrize("body", [b"{", b"[]"])
async def test_a_control_body_must_be_a_json_object(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post("/_control/telegram/bots", content=body)

    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]


async def test_settings_that_setwebhook_would_refuse_are_refused(
    standin: StandinClient, new_token: Callable[[], str]
) -> None:
    for settings, reason in (
        ({"webhook_url": "ftp://x"}, "bad webhook"),
        ({"secret": "x"}, "need webhook_url"),
        ({"webhook_url": "http://x", "secret": "no spaces"}, "unallowed characters"),
    ):
        with pytest.raises(StandinClientError, match=reason):
            await standin.register_telegram_bot(new_token(), **settings)


async def test_a_reset_forgets_everything() -> None:
    async with TelegramStandin.running() as other, StandinClient(other.base_url) as client:
        assert await client.platforms() == ["telegram"]
        bot = await client.register_telegram_bot("1234567:stand-in_token_of_a_test_bot")
        waiting = asyncio.create_task(bot.messages(wait_seconds=30))
        await until(lambda: bool(other.bot(bot.id).messages._waiting))

        await client.reset()

        assert other.bots == {}
        assert await asyncio.wait_for(waiting, 2) == []
        with pytest.raises(StandinClientError, match="not registered"):
            await bot.write(ANN, "hi")


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
async def test_the_process_says_when_it_is_ready_and_stops_within_two_seconds(stop: signal.Signals) -> None:
    command = (sys.executable, "-m", "libs.standins", "--port", "0", "--speed-up", "100")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 15))
        assert ready["event"] == "ready"
        async with StandinClient(ready["url"]) as client:
            bot = await client.register_telegram_bot("1234567:stand-in_token_of_a_test_bot")
            await bot.write(ANN, "nobody listens")
            long_poll = asyncio.create_task(bot.messages(wait_seconds=30))
            assert not (await asyncio.wait({long_poll}, timeout=0.2))[0]
            started = time.monotonic()
            process.send_signal(stop)
            assert await asyncio.wait_for(process.wait(), 5) == 0
            assert time.monotonic() - started < 2
            assert await long_poll == []
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_taken_port_is_said_in_one_line(telegram: TelegramStandin) -> None:
    port = telegram.base_url.rpartition(":")[2]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "libs.standins", "--port", port, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await asyncio.wait_for(process.communicate(), 15)

    assert process.returncode == 1
    assert errors.decode() == f"cannot listen on 127.0.0.1:{port}: Address already in use\n"
