"""The conversation of `make demo`, as part of the suite."""

from typing import Any

from deploy.local.demo.play import play
from tests.e2e.parley import Parley, eventually, new_chat


async def test_a_conversation_goes_from_webhook_to_answer_to_agent_to_close(parley: Parley) -> None:
    timeline = await play(parley.gateways[0], parley.bot, new_chat())
    assert timeline.steps == 17


async def test_a_button_below_each_answer_brings_a_person(parley: Parley) -> None:
    chat = new_chat()
    await parley.bot.write(chat, "How long does delivery take?", wait=True)
    (answer,) = await eventually(lambda: parley.sent_to(chat), "the answer")
    [[button]] = answer["message"]["reply_markup"]["inline_keyboard"]
    assert button["text"] == "Talk to a person"
    await parley.bot.press(chat, answer["message_id"], button["callback_data"], wait=True)
    async with parley.console() as console:

        async def handed_over() -> Any:
            row = await parley.conversation_of(console, chat)
            return row if row and row["status"] == "handed_off" else None

        row = await eventually(handed_over, "the handoff")
        assert (await parley.thread(console, row["id"]))["timeline"][-1]["reason"] == "asked_for_human"
