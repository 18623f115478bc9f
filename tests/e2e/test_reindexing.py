"""The index is built anew under questions: each is answered, from the old one or the new one."""

import asyncio
from typing import Any

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually, new_chat

KNOWLEDGE = f"/api/v1/chatbots/{account.CHATBOT_ID}/knowledge"
QUESTION = "How long does delivery take?"


async def answer_to(parley: Parley, question: str) -> str:
    """What somebody new is told."""
    chat = new_chat()
    await parley.bot.write(chat, question)
    return str((await parley.bot.wait_for_messages(1, chat_id=chat, seconds=30))[0]["text"])


async def test_every_question_is_answered_while_the_index_is_built_anew(parley: Parley) -> None:
    right = await answer_to(parley, QUESTION)
    answers: list[str] = []
    done = asyncio.Event()

    async def ask_on() -> None:
        while not done.is_set():
            answers.append(await answer_to(parley, QUESTION))

    async with parley.console() as admin, asyncio.TaskGroup() as group:
        askers = [group.create_task(ask_on()) for _ in range(3)]
        try:
            begun = await admin.request("POST", f"{KNOWLEDGE}/reindex")
            wanted = begun["next_generation"] or begun["generation"]

            async def serves() -> Any:
                status = await admin.request("GET", KNOWLEDGE)
                assert status["state"] != "off"
                assert 0 <= status["rebuilt"] <= status["to_rebuild"] or status["to_rebuild"] == 0
                return status["generation"] >= wanted and status

            after = await eventually(serves, "the new generation", limit=60)
            assert after["chunks"] >= begun["chunks"]
        finally:
            done.set()
        await asyncio.gather(*askers)
    assert len(answers) >= 3
    assert set(answers) == {right}
