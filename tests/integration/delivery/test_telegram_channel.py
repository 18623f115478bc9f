import asyncio

import pytest

from libs.runtime.http_client import http_client
from libs.standins.telegram import TelegramStandin
from libs.standins.telegram.bot import TelegramBot
from services.delivery.adapters.http_caller import HttpCaller
from services.delivery.adapters.telegram_api import TelegramApi
from services.delivery.adapters.telegram_channel import TelegramChannel
from services.delivery.domain.outcomes import Outcome, Refused, Retry, Sent, Unclear
from tests.integration.delivery.rig import TOKEN
from tests.unit.delivery.build import connection, reply
from tests.unit.delivery.channel_stage import HeldBlobs, files_of

CHAT = 550011
GROUP = -1002200330044
MISCONFIGURED = Refused("misconfigured", "the API address cannot be used", disconnects=True)


@pytest.fixture(autouse=True)
def chats(bot: TelegramBot):
    bot.state.add_chat({"id": CHAT})
    bot.state.add_chat({"id": GROUP}).topics.add(5)


async def send(channel: TelegramChannel, **options: object) -> Outcome:
    async def progress(_: tuple[str, ...]) -> None: ...

    return await channel.send(reply(**options), connection(), progress)


async def test_a_text_reaches_its_chat(channel: TelegramChannel, bot: TelegramBot):
    outcome = await send(channel, content="Yes, 12 left. ✓")
    [message] = await bot.wait_for_messages(CHAT)
    assert message.text == "Yes, 12 left. ✓"
    assert outcome == Sent((str(message.message_id),))


async def test_a_reply_goes_to_its_topic_and_names_what_it_answers(
    channel: TelegramChannel, bot: TelegramBot
):
    question = bot.people.write(GROUP, "Is it open?", sender={"id": 7, "first_name": "Ola"}, thread_id=5)
    message_id = str(question.message_id)
    await send(channel, target=f"{GROUP}/5", reply_to_external=message_id)
    [answer] = await bot.wait_for_messages(GROUP)
    assert answer.thread_id == 5
    assert str(answer.message["reply_to_message"]["message_id"]) == message_id


@pytest.mark.parametrize("external", ["999999", "callback:3"])
async def test_an_answer_to_what_is_gone_is_sent_without_the_reference(
    channel: TelegramChannel, external: str
):
    assert isinstance(await send(channel, reply_to_external=external), Sent)


async def test_a_long_text_goes_in_parts_and_only_the_first_answers(
    channel: TelegramChannel, bot: TelegramBot
):
    paragraphs = [str(number) * 3000 for number in range(3)]
    outcome = await send(channel, content="\n\n".join(paragraphs), reply_to_external="1")
    messages = [attempt.request for attempt in bot.attempts.after(0)]
    assert [message["text"] for message in messages] == paragraphs
    assert ["reply_parameters" in message for message in messages] == [True, False, False]
    assert isinstance(outcome, Sent)
    assert len(outcome.provider_ids) == 3


async def test_a_group_that_moved_is_followed_once(channel: TelegramChannel, bot: TelegramBot):
    old, new = -40055, -1002200330077
    bot.state.add_chat({"id": old, "type": "group"})
    bot.people.migrate(old, new, sender={"id": 7, "first_name": "Ola"})
    outcome = await send(channel, target=str(old), content="a" * 5000)
    assert isinstance(outcome, Sent)
    assert outcome.moved_to == str(new)
    assert len(await bot.wait_for_messages(new)) == 2


@pytest.mark.parametrize(
    ("fault", "options", "code"),
    [
        ("blocked", {}, "recipient_unreachable"),
        ("chat_not_found", {}, "chat_not_found"),
        ("unauthorized", {}, "unauthorized"),
        ("not_found", {}, "not_found"),
        ("error", {"status": 409, "description": "Conflict: x"}, "conflict"),
        ("error", {"status": 413, "description": "too large"}, "too_large"),
        ("error", {"status": 421, "description": "Misdirected Request"}, "misdirected"),
        ("error", {"description": "Bad Request: message thread not found"}, "thread_unreachable"),
        ("error", {"description": "Bad Request: not enough rights to send"}, "thread_unreachable"),
        ("error", {"description": "Bad Request: have no rights to send a message"}, "thread_unreachable"),
        ("error", {"description": "Bad Request: PEER_ID_INVALID"}, "chat_not_found"),
        ("error", {"description": "Bad Request: message is too long"}, "message_too_long"),
        ("error", {"description": "Bad Request: message text is empty"}, "empty_message"),
        ("error", {"description": "Bad Request: can't parse entities: x"}, "unreadable_markup"),
        ("error", {"description": "Bad Request: something new"}, "refused"),
    ],
)
async def test_permanent_errors_have_their_codes(
    channel: TelegramChannel, bot: TelegramBot, fault: str, options: dict[str, object], code: str
):
    bot.add_fault(fault, **options)
    outcome = await send(channel)
    assert isinstance(outcome, Refused)
    assert outcome.code == code
    assert outcome.disconnects == (code in {"unauthorized", "not_found", "conflict", "misdirected"})


async def test_a_hint_is_taken_from_the_answer(channel: TelegramChannel, bot: TelegramBot):
    bot.add_fault("rate_limit", retry_after=6)
    assert await send(channel) == Retry("rate_limited", 6.0, rate_limited=True)


@pytest.mark.parametrize("fault", ["server_error", "bad_gateway"])
async def test_an_answer_that_says_it_failed_is_tried_again(
    channel: TelegramChannel, bot: TelegramBot, fault: str
):
    bot.add_fault(fault)
    assert await send(channel) == Retry("platform_error")


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("reset", {}),
        ("reset", {"accepted": True}),
        ("hang", {"accepted": True}),
        ("slow_body", {"seconds": 5}),
        ("error", {"status": 504, "description": "Gateway Timeout"}),
    ],
)
async def test_a_lost_answer_is_unclear(
    channel: TelegramChannel, bot: TelegramBot, fault: str, options: dict[str, object]
):
    bot.add_fault(fault, **options)
    assert isinstance(await send(channel), Unclear)


async def test_what_is_not_modified_counts_as_sent(channel: TelegramChannel, bot: TelegramBot):
    bot.add_fault("error", description="Bad Request: message is not modified")
    assert await send(channel) == Sent(())


async def test_a_missing_reply_target_is_left_out_once(channel: TelegramChannel, bot: TelegramBot):
    bot.add_fault("error", description="Bad Request: message to be replied not found", times=1)
    assert isinstance(await send(channel, reply_to_external="4"), Sent)
    assert ["reply_parameters" in one.request for one in bot.attempts.after(0)] == [True, False]


async def test_nothing_is_sent_without_text(channel: TelegramChannel, bot: TelegramBot):
    outcome = await send(channel, content=" \n")
    assert isinstance(outcome, Refused)
    assert (outcome.code, bot.attempts.after(0)) == ("empty_message", [])


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("http://127.0.0.1:1", Retry("unreachable")),
        ("http://does-not-exist.invalid", Retry("unreachable")),
        ("ftp://127.0.0.1", MISCONFIGURED),
        (
            "http://127.0.0.1:port",
            Refused("misconfigured", "the API address cannot be used", disconnects=True),
        ),
    ],
)
async def test_a_connection_that_never_stood_is_told_from_a_lost_answer(
    channel: TelegramChannel, base: str, expected: Outcome
):
    async def progress(_: tuple[str, ...]) -> None: ...

    outcome = await channel.send(reply(), connection(settings={"api_base_url": base}), progress)
    assert outcome == expected


async def test_neither_outcome_nor_log_holds_the_token(
    telegram: TelegramStandin, bot: TelegramBot, caplog: pytest.LogCaptureFixture
):
    bot.add_fault("reset", every=2)
    caplog.set_level("DEBUG")
    async with http_client(timeout=1.0) as client:
        channel = TelegramChannel(
            TelegramApi(HttpCaller(client, limit=1.0)), files_of(HeldBlobs()), default_base=telegram.base_url
        )
        outcomes = [await send(channel) for _ in range(4)]
    assert TOKEN not in str(outcomes)


async def test_answers_that_are_not_telegram_s():
    replies = iter(
        [
            b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
            b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno",
            b"HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n" + b"x" * 400_000,
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
            b"HTTP/1.1 429 Slow\r\nRetry-After: 9\r\nContent-Length: 2\r\n\r\n{}",
            b'HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n{"ok":true,"result":{}}',
        ]
    )

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        writer.write(next(replies))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, http_client(timeout=1.0) as client:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/prefix/"
        channel = TelegramChannel(
            TelegramApi(HttpCaller(client, limit=1.0)), files_of(HeldBlobs()), default_base=address
        )
        outcomes = [await send(channel) for _ in range(7)]
    assert [type(outcome) for outcome in outcomes] == [
        Unclear,
        Refused,
        Refused,
        Unclear,
        Unclear,
        Retry,
        Sent,
    ]
    assert outcomes[5] == Retry("rate_limited", 9.0, rate_limited=True)


async def test_connecting_sets_the_webhook_and_learns_who_the_bot_is(
    channel: TelegramChannel, bot: TelegramBot
):
    webhook = "http://127.0.0.1:9/webhooks/telegram/conn-1"
    found = await channel.connect(connection(settings={"webhook_url": webhook}))
    assert found == {"bot_id": "990001", "bot_username": "standin_990001_bot"}
    assert bot.sender.webhook is not None
    assert (bot.sender.webhook.url, bot.sender.webhook.secret_token) == (webhook, "hush")
    assert "message_reaction" in (bot.sender.webhook.allowed_updates or ())


async def test_connecting_without_a_webhook_asks_nobody(channel: TelegramChannel, bot: TelegramBot):
    assert await channel.connect(connection()) == {}
    assert bot.attempts.after(0) == []


@pytest.mark.parametrize(
    ("fault", "options", "code"),
    [
        ("unauthorized", {}, "unauthorized"),
        ("server_error", {}, "platform_error"),
        ("reset", {}, "unreachable"),
        ("unauthorized", {"methods": ["setWebhook"]}, "unauthorized"),
    ],
)
async def test_why_connecting_failed_is_told(
    channel: TelegramChannel, bot: TelegramBot, fault: str, options: dict[str, object], code: str
):
    bot.add_fault(fault, **options)
    found = await channel.connect(connection(settings={"webhook_url": "http://127.0.0.1:9/x"}))
    assert isinstance(found, Refused)
    assert found.code == code


@pytest.mark.parametrize(
    "credentials",
    [{}, {"token": "no colon"}, {"token": "1:a/../b"}, {"token": TOKEN, "webhook_secret": "sp ace"}],
)
def test_unusable_credentials_are_refused(channel: TelegramChannel, credentials: dict[str, str]):
    assert channel.complete(credentials, {}) is None


def test_a_webhook_always_has_a_secret(channel: TelegramChannel):
    made = channel.complete({"token": TOKEN}, {})
    assert made is not None
    assert len(made["webhook_secret"]) >= 32
    assert channel.complete({"token": TOKEN}, made) == made
