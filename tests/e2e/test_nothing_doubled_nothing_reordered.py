"""Two replicas of every service: each message once, each conversation in order."""

import asyncio

from deploy.local.demo.account import TELEGRAM_CONNECTION
from tests.e2e.parley import Parley, eventually, new_chat, text_update

CHATS = 20
MESSAGES = 10


async def test_messages_of_a_conversation_stay_in_order_with_two_replicas_of_everything(
    parley: Parley,
) -> None:
    chats = [new_chat() for _ in range(CHATS)]

    async def talk(chat: int) -> None:
        await parley.known_chat(chat)
        for number in range(MESSAGES):
            # Telegram posts the next message of a chat after the one before was acknowledged; which gateway
            # gets it is the load balancer's choice.
            answer = await parley.webhook(text_update(chat, f"word{number}", number + 1), gateway=number % 2)
            assert answer.status_code == 200

    await asyncio.gather(*(talk(chat) for chat in chats))
    async with parley.console() as admin:
        for chat in chats:

            async def complete(chat: int = chat) -> list[str] | None:
                row = await parley.conversation_of(admin, chat)
                if row is None:
                    return None
                thread = await parley.thread(admin, row["id"])
                texts = [one["content"] for one in thread["messages"] if one["sender"]["kind"] == "contact"]
                return texts if len(texts) >= MESSAGES else None

            texts = await eventually(complete, f"all messages of {chat}")
            assert texts == [f"word{number}" for number in range(MESSAGES)]


async def test_the_same_webhook_twenty_times_at_once_is_one_message_and_one_answer(parley: Parley) -> None:
    chat = new_chat()
    await parley.known_chat(chat)
    update = text_update(chat, "How long does delivery take?", 1)
    answers = await asyncio.gather(*(parley.webhook(update, gateway=number % 2) for number in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    await parley.bot.wait_for_messages(1, chat_id=chat, seconds=20)
    # A second answer would have been on its way by the time a later message was answered.
    assert (await parley.webhook(text_update(chat, "How do I descale my kettle?", 2))).status_code == 200
    await parley.bot.wait_for_messages(2, chat_id=chat, seconds=20)
    assert len(await parley.sent_to(chat)) == 2
    async with parley.console() as admin:
        row = await parley.conversation_of(admin, chat)
        assert row is not None
        thread = await parley.thread(admin, row["id"])
    assert [one["sender"]["kind"] for one in thread["messages"]] == ["contact", "ai", "contact", "ai"]
    assert row["connection_id"] == TELEGRAM_CONNECTION
