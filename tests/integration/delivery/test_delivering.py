import asyncio
from datetime import timedelta

import pytest

from libs.runtime.clock import now
from libs.runtime.mongo import Store
from libs.standins.telegram.bot import TelegramBot
from services.delivery.adapters.telegram_channel import TelegramChannel
from services.delivery.domain.reply import LEASE
from tests.integration.delivery.rig import Rig
from tests.unit.delivery.build import claim, new_conversation, reply

CHAT, OTHER = 550011, 550012


@pytest.fixture(autouse=True)
def chats(bot: TelegramBot):
    for chat in (CHAT, OTHER):
        bot.state.add_chat({"id": chat})


def texts(bot: TelegramBot) -> list[str | None]:
    return [message.text for message in bot.messages.after(0)]


async def test_a_message_is_sent_and_its_outcome_recorded(rig: Rig, bot: TelegramBot):
    conversation = new_conversation()
    message = await rig.record(conversation, content="Hello")
    row = await rig.ended(message)
    assert (row["state"], texts(bot)) == ("sent", ["Hello"])
    [event] = await rig.events()
    assert (event.type, event.subject) == ("delivery.reply_sent.v1", conversation)
    assert event.data["external_ids"] == [str(bot.messages.after(0)[0].message_id)]


@pytest.mark.usefixtures("quick")
async def test_order_is_kept_through_a_retry_and_others_go_on(rig: Rig, bot: TelegramBot):
    bot.add_fault("server_error", recipients=[str(CHAT)], times=2)
    conversation = new_conversation()
    messages = [
        await rig.record(conversation, content=f"{number}", sequence=number) for number in range(1, 5)
    ]
    other = await rig.record(new_conversation(), content="other", target=str(OTHER))
    assert (await rig.ended(other))["state"] == "sent"
    assert texts(bot) == ["other"]
    for message in messages:
        assert (await rig.ended(message))["state"] == "sent"
    assert texts(bot) == ["other", "1", "2", "3", "4"]
    assert (await rig.row(messages[0]))["attempts"] == 3


@pytest.mark.usefixtures("quick")
async def test_the_platform_s_hint_is_honoured(rig: Rig, bot: TelegramBot):
    bot.add_fault("rate_limit", retry_after=2, times=1)
    message = await rig.record(new_conversation())
    await rig.ended(message)
    refused, accepted = bot.attempts.after(0)
    assert (refused.status, accepted.status) == (429, 200)
    assert accepted.monotonic - refused.monotonic >= 2.0


@pytest.mark.usefixtures("quick")
async def test_three_attempts_then_failed(rig: Rig, bot: TelegramBot):
    bot.add_fault("server_error")
    row = await rig.ended(await rig.record(new_conversation()))
    assert (row["state"], row["error"], row["attempts"]) == ("failed", "platform_error", 3)
    assert len(bot.attempts.after(0)) == 3


async def test_a_permanent_error_fails_at_once(rig: Rig, bot: TelegramBot):
    bot.add_fault("blocked")
    row = await rig.ended(await rig.record(new_conversation()))
    assert (row["state"], row["error"], row["attempts"]) == ("failed", "recipient_unreachable", 1)
    [event] = await rig.events()
    assert event.data["code"] == "recipient_unreachable"


async def test_a_reset_after_it_was_accepted_is_unknown_and_not_sent_twice(rig: Rig, bot: TelegramBot):
    bot.add_fault("reset", accepted=True, times=1)
    conversation = new_conversation()
    lost = await rig.record(conversation, content="lost answer", sequence=1)
    after = await rig.record(conversation, content="after", sequence=2)
    assert (await rig.ended(lost))["state"] == "unknown"
    assert (await rig.ended(after))["state"] == "sent"
    assert texts(bot) == ["lost answer", "after"]


async def test_a_crash_between_sending_and_recording_is_unknown(
    rig: Rig, store: Store, channel: TelegramChannel, bot: TelegramBot
):
    conversation = new_conversation()
    crashed = await rig.ledger.add(reply(conversation, content="maybe sent"), claim(now()))
    waiting = await rig.record(conversation, content="next", sequence=2)
    later = Rig(store, channel, clock=lambda: now() + LEASE + timedelta(seconds=1))
    await later.start()
    try:
        row = await later.ended(crashed.reply.message_id)
        assert (row["state"], row["error"]) == ("unknown", "outcome_unknown")
        assert (await later.ended(waiting))["state"] == "sent"
    finally:
        await later.stop()
    assert texts(bot) == ["next"]


async def test_an_unknown_connection_is_not_connected(rig: Rig, bot: TelegramBot):
    row = await rig.ended(await rig.record(new_conversation(), connection_id="conn-missing"))
    assert (row["state"], row["error"], row["attempts"]) == ("failed", "channel_not_connected", 1)
    assert bot.attempts.after(0) == []
    assert "channel not connected" in rig.log.events("warning")


async def test_a_revoked_token_breaks_the_connection_off(rig: Rig, bot: TelegramBot, store: Store):
    bot.add_fault("unauthorized")
    assert (await rig.ended(await rig.record(new_conversation())))["error"] == "unauthorized"
    stored = await store.database["connections"].find_one({"_id": "conn-1"})
    assert stored is not None
    assert (stored["status"], stored["reason"]) == ("error", "unauthorized")
    changed = await store.database["outbox"].find({"type": "delivery.connection_changed.v1"}).to_list(10)
    assert len(changed) == 2
    again = await rig.ended(await rig.record(new_conversation()))
    assert again["error"] == "channel_not_connected"
    assert len(bot.attempts.after(0)) == 1


@pytest.mark.usefixtures("quick")
async def test_a_retry_goes_on_with_the_part_that_failed(rig: Rig, bot: TelegramBot):
    bot.add_fault("server_error", calls=[2])
    parts = ["a" * 4000, "b" * 4000, "c" * 4000]
    row = await rig.ended(await rig.record(new_conversation(), content="\n".join(parts)))
    assert (row["state"], len(row["provider_ids"]), row["attempts"]) == ("sent", 3, 2)
    assert texts(bot) == parts


async def test_two_replicas_share_the_work_and_send_nothing_twice(
    store: Store, channel: TelegramChannel, bot: TelegramBot
):
    rigs = [Rig(store, channel) for _ in range(2)]
    for rig in rigs:
        await rig.start()
        await rig.connect("conn-1", settings={"rate_per_second": 10_000})
    try:
        conversations = [new_conversation() for _ in range(10)]
        messages: dict[str, list[str]] = {conversation: [] for conversation in conversations}

        async def write(conversation: str) -> None:
            for number in range(1, 11):
                taker = rigs[number % 2]  # the partition moves again and again
                content = f"{conversation}:{number}"
                messages[conversation].append(
                    await taker.record(conversation, content=content, sequence=number)
                )

        await asyncio.gather(*(write(conversation) for conversation in conversations))
        for rows in messages.values():
            for message in rows:
                assert (await rigs[0].ended(message, 30))["state"] == "sent"
    finally:
        for rig in rigs:
            await rig.stop()
    sent = [str(text) for text in texts(bot)]
    assert len(sent) == len(set(sent)) == 100
    for conversation in conversations:
        of_this = [text for text in sent if text.startswith(conversation)]
        assert of_this == [f"{conversation}:{number}" for number in range(1, 11)]
    assert len(await rigs[0].events()) == 100
