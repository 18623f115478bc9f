"""`kill -9` in the middle of a conversation: it still completes, with nothing lost and nothing doubled."""

import asyncio

import pytest

from tests.e2e.parley import Parley, eventually, new_chat

QUESTIONS = (
    "How long does delivery take?",
    "How do I descale my kettle?",
    "How long is the warranty?",
    "Which payment methods do you accept?",
)
SERVICES = ("gateway", "conversation", "delivery", "ai", "notify")


@pytest.mark.parametrize("service", SERVICES)
async def test_a_conversation_survives_the_death_of_a_service(parley: Parley, service: str) -> None:
    chat = new_chat()
    supervisor = parley.stack.supervisor
    names = [name for name in parley.stack.names if name == service or name.startswith(f"{service}-")]
    # Messages are on their way while every replica of the service dies at once.
    first = await parley.bot.write(chat, QUESTIONS[0], wait=True)
    assert first["state"] == "acked"
    writing = asyncio.create_task(parley.bot.write(chat, QUESTIONS[1]))
    await asyncio.gather(*(supervisor.kill(name) for name in names))
    await writing
    await parley.bot.write(chat, QUESTIONS[2])
    await asyncio.gather(*(supervisor.restart(name) for name in names))
    last = await parley.bot.write(chat, QUESTIONS[3], wait=True, wait_seconds=30)
    assert last["state"] == "acked"

    async with parley.console() as admin:

        async def answered() -> list[dict[str, object]] | None:
            row = await parley.conversation_of(admin, chat)
            if row is None:
                return None
            messages = list((await parley.thread(admin, row["id"]))["messages"])
            asked = [one for one in messages if one["sender"]["kind"] == "contact"]
            if len(asked) < len(QUESTIONS) or messages[-1]["sender"]["kind"] == "contact":
                return None
            settled = all(one["delivery"] != "queued" for one in messages if one["direction"] == "outbound")
            return messages if settled else None

        messages = await eventually(answered, f"an answer after {service} died", limit=45)
    asked = [one["content"] for one in messages if one["direction"] == "inbound"]
    assert asked == list(QUESTIONS)
    outbound = [one for one in messages if one["direction"] == "outbound"]
    sent = [one["text"] for one in await parley.sent_to(chat)]
    certain = [one["content"] for one in outbound if one["delivery"] == "sent"]
    unknown = [one["content"] for one in outbound if one["delivery"] == "unknown"]
    # What is `sent` reached Telegram once and in order; only what is shown as `unknown` may or may not have.
    assert [text for text in sent if text in certain] == certain
    assert all(text in certain or text in unknown for text in sent)
    assert len(sent) == len(set(sent))
