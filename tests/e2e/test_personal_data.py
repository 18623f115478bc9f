"""A person's words and name pass through every service and appear in no line of any log."""

from pathlib import Path

from tests.e2e.parley import Parley, eventually, new_chat, text_update

NAME = "Canary Featherstone"
CARD = "4111 1111 1111 1111"
PHONE = "+49 30 5550199"


async def test_what_a_person_wrote_appears_in_no_log(parley: Parley) -> None:
    chat = new_chat()
    await parley.known_chat(chat)
    update = text_update(chat, f"My card is {CARD}, call {PHONE}", 1)
    update["message"]["from"]["first_name"] = NAME
    assert (await parley.webhook(update)).status_code == 200
    # The same in a body that cannot be interpreted, and in one that is refused.
    odd = {"update_id": new_chat() % (1 << 31), "something_new": {"text": CARD, "name": NAME}}
    assert (await parley.webhook(odd)).status_code == 200
    assert (await parley.webhook(update, secret="wrong")).status_code == 401
    async with parley.console() as admin:
        row = await eventually(lambda: parley.conversation_of(admin, chat), "the conversation")
        assert row["contact"]["name"] == NAME
        await parley.bot.wait_for_messages(1, chat_id=chat, seconds=20)
    logs = sorted((parley.stack.folder / "logs").glob("*.log"))
    assert len(logs) >= 10
    for log in logs:
        text = _text(log)
        for canary in (NAME, CARD, PHONE, "kettle-demo-token", "kettle-demo-webhook-secret"):
            assert canary not in text, log.name


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")
