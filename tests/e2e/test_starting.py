"""Conversations that an agent starts, over the running gateway."""

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually, new_chat
from tests.e2e.test_contacts import call

ANA = account.PEOPLE[0]
READY = "Your kettle is ready to be picked up."


async def test_an_agent_writes_first_and_the_answer_comes_into_the_same_thread(parley: Parley) -> None:
    chat = new_chat()
    await parley.known_chat(chat)
    body = {
        "chatbot_id": account.CHATBOT_ID,
        "channel": "telegram",
        "to": str(chat),
        "name": "Mira",
        "subject": "Repair",
        "content": READY,
    }
    async with parley.console(ANA) as ana:
        key = {"Idempotency-Key": f"start-{chat}"}
        started = await call(parley, ana, "POST", "/conversations", body, **key)
        assert started.status_code == 201, started.text
        assert (await call(parley, ana, "POST", "/conversations", body, **key)).json() == started.json()
        shown = started.json()["conversation"]
        assert (shown["status"], shown["assignee_id"], shown["subject"]) == ("handed_off", ANA.id, "Repair")
        assert (shown["session_id"], shown["contact"]["name"]) == (f"tg:{chat}", "Mira")
        await parley.bot.wait_for_messages(1, chat_id=chat, seconds=20)
        assert [one["text"] for one in await parley.sent_to(chat)] == [READY]

        await parley.bot.write(chat, "Thank you", wait=True)

        async def answered() -> bool:
            messages = (await parley.thread(ana, shown["id"]))["messages"]
            return [one["content"] for one in messages] == [READY, "Thank you"]

        await eventually(answered, "the answer in the thread")
        # Once more, into the thread that is there.
        again = await call(parley, ana, "POST", "/conversations", body | {"content": "Until six."})
        assert again.json()["conversation"]["id"] == shown["id"]
        contact = (await call(parley, ana, "GET", f"/contacts/{shown['contact']['id']}")).json()
        assert contact["aliases"] == [{"connection_id": account.TELEGRAM_CONNECTION, "alias": str(chat)}]


async def test_a_thread_of_the_ai_is_taken_over(parley: Parley) -> None:
    chat = new_chat()
    body = {"chatbot_id": account.CHATBOT_ID, "channel": "telegram", "to": str(chat), "content": READY}
    async with parley.console(ANA) as ana:
        await parley.bot.write(chat, "How long does delivery take?", wait=True)
        row = await eventually(lambda: parley.conversation_of(ana, chat), "the conversation")
        shown = (await call(parley, ana, "POST", "/conversations", body)).json()["conversation"]
        assert (shown["id"], shown["status"], shown["handoff_reason"]) == (
            row["id"],
            "handed_off",
            "agent_took_over",
        )
        assert shown["assignee_id"] == ANA.id


async def test_what_cannot_be_started_says_why(parley: Parley) -> None:
    body = {"chatbot_id": account.CHATBOT_ID, "channel": "telegram", "to": "77", "content": READY}
    async with parley.console(ANA) as ana:
        for changes, status, code in (
            ({"chatbot_id": "nobody"}, 409, "channel_not_connected"),
            ({"to": "@mira"}, 422, "invalid"),
            ({"channel": "widget", "to": "nobody"}, 422, "invalid"),
            ({"content": "  "}, 422, "invalid"),
        ):
            refused = await call(parley, ana, "POST", "/conversations", body | changes)
            assert (refused.status_code, refused.json()["code"]) == (status, code), changes
