"""Webhooks: headers, order within a queue, redelivery, lifetimes, duplicates."""

import itertools
import json
import time
from typing import Any

import pytest

from libs.standins.errors import StandinError
from libs.standins.telegram import TelegramBot, TelegramStandin
from libs.standins.telegram.schedule import Backoff, lifetime_s, parse_retry_after, queue_of
from libs.standins.wire import Answer
from tests.unit.standins.conftest import ANN, OLA, Receiver, until

FAILED = Answer(500, b"")


async def test_an_update_is_posted_as_telegram_does(hooked: TelegramBot, receiver: Receiver) -> None:
    delivery = hooked.people.write(ANN, "Is the blue kettle back in stock?")

    assert await delivery.wait(5)
    [post] = receiver.posts
    assert post.path == f"/{hooked.id}/webhooks/telegram"
    assert post.headers["x-telegram-bot-api-secret-token"] == "s3cret_Token-1"
    assert post.headers["content-type"] == "application/json"
    assert post.update["update_id"] == delivery.update_id
    assert post.update["message"]["text"] == "Is the blue kettle back in stock?"
    assert (delivery.state, delivery.status, len(delivery.attempts)) == ("acked", 200, 1)
    assert delivery.latency_s is not None
    assert 0 < delivery.latency_s < 5


async def test_user_and_password_of_the_address_become_basic_auth(
    telegram: TelegramStandin, hooked: TelegramBot, receiver: Receiver
) -> None:
    url = receiver.url.replace("http://", "http://us%40er:pass@") + "?q=1"
    telegram.add_bot(hooked.state.token, webhook_url=url)

    await hooked.people.write(ANN, "hi").wait(5)

    assert receiver.posts[0].headers["authorization"] == "Basic dXNAZXI6cGFzcw=="


async def test_update_ids_rise_and_fit_32_bits(hooked: TelegramBot, receiver: Receiver) -> None:
    for number in range(20):
        hooked.people.write(ANN, str(number))

    await receiver.wait_for(20)
    ids = receiver.update_ids()
    assert ids == sorted(set(ids))
    assert 0 < ids[0] < ids[-1] < 2**31


async def test_a_chat_is_delivered_strictly_one_after_another(
    hooked: TelegramBot, receiver: Receiver
) -> None:
    receiver.gate.clear()
    deliveries = [hooked.people.write(ANN, str(number)) for number in range(3)]
    await receiver.wait_for(1)
    receiver.gate.set()

    for delivery in deliveries:
        assert await delivery.wait(5)
    assert [post.update["message"]["text"] for post in receiver.posts] == ["0", "1", "2"]
    assert receiver.most_under_way == 1


async def test_a_failing_message_holds_back_its_own_chat_only(
    hooked: TelegramBot, receiver: Receiver
) -> None:
    hooked.sender.speed_up = 1.0
    receiver.script = [FAILED, FAILED]
    first = hooked.people.write(ANN, "first")
    second = hooked.people.write(ANN, "second")
    await receiver.wait_for(2)  # the first redelivery follows at once, the next one after two seconds

    other = hooked.people.write(OLA, "other chat")

    assert await other.wait(5)
    assert (first.state, len(first.attempts)) == ("queued", 2)
    assert (second.state, second.attempts) == ("queued", [])


@pytest.mark.parametrize("failure", [FAILED, Answer(302, b""), Answer(404, b"{}"), "reset"])
async def test_anything_but_2xx_is_redelivered_with_the_same_id(
    hooked: TelegramBot, receiver: Receiver, failure: Answer | str
) -> None:
    receiver.script = [failure, failure, Answer(204, b"")]

    delivery = hooked.people.write(ANN, "hi")

    assert await delivery.wait(5)
    assert delivery.state == "acked"
    assert receiver.update_ids() == [delivery.update_id] * 3
    expected = (None, "connection reset") if failure == "reset" else (getattr(failure, "status", 0), None)
    assert (delivery.attempts[0].status, delivery.attempts[0].error) == expected
    assert hooked.sender.last_error is not None


async def test_an_answer_that_takes_too_long_is_a_failure(hooked: TelegramBot, receiver: Receiver) -> None:
    hooked.sender.time_limit_s = 0.05
    receiver.script = ["hang"]

    delivery = hooked.people.write(ANN, "hi")

    assert await delivery.wait(5)
    assert [attempt.error for attempt in delivery.attempts] == ["no answer in time", None]


async def test_a_closed_port_is_a_failure_until_the_webhook_moves(
    telegram: TelegramStandin, hooked: TelegramBot, receiver: Receiver
) -> None:
    hooked.sender.speed_up = 1.0
    telegram.add_bot(hooked.state.token, webhook_url="http://127.0.0.1:9/")
    delivery = hooked.people.write(ANN, "hi")
    await until(lambda: len(delivery.attempts) == 2)

    telegram.add_bot(hooked.state.token, webhook_url=receiver.url)

    assert await delivery.wait(1)
    assert delivery.attempts[0].error == "cannot connect: ConnectionRefusedError"


async def test_the_pauses_double_after_an_immediate_redelivery(
    hooked: TelegramBot, receiver: Receiver
) -> None:
    hooked.sender.speed_up = 100.0  # 2, 4, 8 s become 20, 40, 80 ms
    receiver.script = [FAILED] * 5

    delivery = hooked.people.write(ANN, "hi")

    assert await delivery.wait(5)
    starts = [attempt.monotonic for attempt in delivery.attempts]
    pauses = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert len(pauses) == 5
    assert all(pause >= least for pause, least in zip(pauses, [0, 0.02, 0.04, 0.08, 0.16], strict=True))


async def test_retry_after_is_honoured(hooked: TelegramBot, receiver: Receiver) -> None:
    hooked.sender.speed_up = 100.0
    receiver.script = [Answer(429, b"", headers=((b"retry-after", b"10"),))]

    delivery = hooked.people.write(ANN, "hi")

    assert await delivery.wait(5)
    assert delivery.attempts[1].monotonic - delivery.attempts[0].monotonic >= 0.1


def test_the_schedule_is_telegrams() -> None:
    backoff = Backoff()
    pauses = [backoff.after_failure() for _ in range(12)]

    assert pauses[:6] == [0, 2, 4, 8, 16, 32]
    assert all(60 <= pause <= 120 for pause in pauses[6:])
    assert backoff.after_failure(retry_after_s=7) == 7
    assert [parse_retry_after(text) for text in (None, "soon", "5", "99999")] == [0, 0, 5, 3600]
    assert [lifetime_s(kind) for kind in ("message", "callback_query", "inline_query")] == [86_400, 150, 30]
    assert lifetime_s("message", age_s=90_000) == 0


def test_each_kind_has_its_queue() -> None:
    assert queue_of("message", ANN, ANN) == queue_of("edited_message", ANN, ANN) == f"chat:{ANN}"
    assert queue_of("callback_query", -5, ANN) == f"callback:{ANN}"
    assert queue_of("my_chat_member", -5, ANN) == "member:-5"
    assert queue_of("message_reaction", -5, ANN) == "reaction:-5"
    assert queue_of("something_new", -5, ANN) is None


async def test_an_update_expires_at_the_end_of_its_lifetime(hooked: TelegramBot, receiver: Receiver) -> None:
    hooked.sender.speed_up = 1_500.0  # a callback query lives 150 s, which become 0.1 s
    receiver.always = FAILED
    written = hooked.people.write(ANN, "hi")

    pressed = hooked.people.press(ANN, written.message_id or 0, "yes")

    assert await pressed.wait(5)
    assert pressed.state == "expired"
    assert written.state == "queued"


async def test_button_presses_overtake_a_held_back_chat(hooked: TelegramBot, receiver: Receiver) -> None:
    hooked.sender.hold(f"chat:{ANN}")
    written = hooked.people.write(ANN, "typed before")
    pressed = hooked.people.press(ANN, written.message_id or 0, "yes")

    assert await pressed.wait(5)
    assert written.state == "queued"
    hooked.sender.release(f"chat:{ANN}")
    assert await written.wait(5)
    assert receiver.update_ids() == [pressed.update_id, written.update_id]


async def test_duplicates_arrive_all_at_once(hooked: TelegramBot, receiver: Receiver) -> None:
    original = hooked.people.write(ANN, "hi")
    assert await original.wait(5)
    receiver.gate.clear()

    copies = [hooked.sender.duplicate(original.update_id) for _ in range(20)]

    await receiver.wait_for(21)
    receiver.gate.set()
    for copy in copies:
        assert await copy.wait(5)
    assert receiver.update_ids() == [original.update_id] * 21
    assert receiver.most_under_way == 20
    with pytest.raises(StandinError, match="is not remembered"):
        hooked.sender.duplicate(1)


async def test_no_more_posts_at_once_than_max_connections(
    telegram: TelegramStandin, hooked: TelegramBot, receiver: Receiver
) -> None:
    telegram.add_bot(hooked.state.token, max_connections=3)
    receiver.gate.clear()

    deliveries = [hooked.people.write(ANN + number, "hi") for number in range(10)]

    await receiver.wait_for(3)
    receiver.gate.set()
    for delivery in deliveries:
        assert await delivery.wait(5)
    assert receiver.most_under_way <= 3


async def test_kinds_that_were_not_subscribed_to_are_not_delivered(
    telegram: TelegramStandin, hooked: TelegramBot, receiver: Receiver
) -> None:
    written = hooked.people.write(ANN, "hi")
    message_id = written.message_id or 0

    assert hooked.people.react(ANN, message_id, ["🔥"]).state == "not_subscribed"
    telegram.add_bot(hooked.state.token, allowed_updates=["message_reaction"])
    assert hooked.people.write(ANN, "hi").state == "not_subscribed"
    reacted = hooked.people.react(ANN, message_id, [])
    assert await reacted.wait(5)
    reaction = receiver.posts[-1].update["message_reaction"]
    assert (reaction["old_reaction"], reaction["new_reaction"]) == ([{"type": "emoji", "emoji": "🔥"}], [])


async def test_an_ack_that_names_a_method_is_executed(hooked: TelegramBot, receiver: Receiver) -> None:
    def ack(**call: Any) -> Answer:
        return Answer(200, json.dumps(call).encode())

    receiver.script = [
        ack(method="sendMessage", chat_id=ANN, text="from the ack"),
        ack(method="deleteWebhook"),
        Answer(200, b'{"method": not JSON'),
        ack(message={"text": "an echo"}),
    ]
    for number in range(4):
        await hooked.people.write(ANN, str(number)).wait(5)

    assert [message.text for message in hooked.messages.after()] == ["from the ack"]
    assert hooked.sender.webhook is not None


async def test_a_webhook_that_answers_410_for_a_day_is_removed(
    hooked: TelegramBot, receiver: Receiver
) -> None:
    hooked.sender.speed_up = 1_000_000.0
    receiver.always = Answer(410, b"")

    for number in range(60):
        if hooked.sender.webhook is None:
            break
        await hooked.people.write(ANN, str(number)).wait(5)

    assert hooked.sender.webhook is None


async def test_so_many_updates_may_wait_and_no_more(
    bot: TelegramBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.standins.telegram.sender.MAX_PENDING", 2)
    bot.people.write(ANN, "one")
    bot.people.write(ANN, "two")

    with pytest.raises(StandinError, match="is the webhook answering"):
        bot.people.write(ANN, "three")


async def test_an_update_that_nobody_fetched_expires(bot: TelegramBot) -> None:
    bot.sender.speed_up = 86_400 * 20.0

    delivery = bot.people.write(ANN, "hi")

    assert await delivery.wait(5)
    assert (delivery.state, delivery.attempts) == ("expired", [])


async def test_nothing_waits_once_the_bot_is_removed(telegram: TelegramStandin, receiver: Receiver) -> None:
    bot = telegram.add_bot("7654321:stand-in_token_of_a_test_bot")
    waiting = bot.people.write(ANN, "hi")
    started = time.monotonic()

    await telegram.remove_bot(bot.id)

    assert waiting.state == "dropped"
    assert time.monotonic() - started < 5
