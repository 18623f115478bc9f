"""People at work in Chatwoot's own console, beside ours."""

from typing import Any

from deploy.local.demo import account
from deploy.local.demo.console import AgentConsole
from tests.e2e.parley import Parley, eventually, new_chat
from tests.e2e.test_channels import CHATWOOT, QUESTION, connected
from tests.e2e.test_contacts import call

ANA = account.PEOPLE[0]


async def row_of(console: AgentConsole, session_id: str) -> dict[str, Any] | None:
    page = await console.request("GET", "/api/v1/conversations?channel=chatwoot&page_size=100")
    return next((dict(row) for row in page["items"] if row["session_id"] == session_id), None)


async def test_who_answers_there_has_taken_over_and_who_resolves_there_has_resolved(parley: Parley) -> None:
    party = await connected(parley, CHATWOOT)
    before = await party.sent()
    written = await party.act("messages", wait=True, text=QUESTION, name="Jo")
    place = written["conversation_id"]
    after = before[-1]["seq"] if before else 0
    await party.wait_for_sent(1, recipient=str(place), after=after, seconds=20)
    async with parley.console(ANA) as ana:
        row = await eventually(lambda: row_of(ana, f"cw:3:{place}"), "the conversation")
        # Its own answer, told back by Chatwoot, has not been taken for a person's.
        assert row["status"] == "active"

        await party.act("agent-messages", wait=True, conversation_id=place, text="Ana here, in Chatwoot.")

        async def there() -> bool:
            thread = await parley.thread(ana, row["id"])
            last = thread["messages"][-1]
            shown = (last["content"], last["sender"]["kind"], last["delivery"])
            return bool(shown == ("Ana here, in Chatwoot.", "agent", "sent"))

        await eventually(there, "the message that was written in Chatwoot")
        assert (await row_of(ana, f"cw:3:{place}") or {})["status"] == "handed_off"
        await party.act("messages", wait=True, text="And how long now?", conversation_id=place)
        await party.act("statuses", wait=True, conversation_id=place, status="resolved")

        async def resolved() -> bool:
            found = await row_of(ana, f"cw:3:{place}")
            return found is not None and (found["status"], found["message_count"]) == ("resolved", 4)

        await eventually(resolved, "the resolution")
        sent = [one["text"] for one in await party.sent(str(place), after=after)]
        assert len(sent) == 1, sent  # the bot's answer alone: nothing was sent out again

        # And the other way round: what is done here is so there.
        path = f"/app/chatbots/{account.CHATBOT_ID}/conversations/{row['id']}/status"
        await ana.request("PUT", path, {"status": "active"})

        async def statuses() -> list[str]:
            calls = await party.calls(str(place), limit=1000)
            return [one["request"]["status"] for one in calls if one["operation"] == "toggle_status"]

        async def told() -> bool:
            return await statuses() == ["pending"]

        await eventually(told, "that it is the bot's again in Chatwoot")


async def test_the_answer_to_a_conversation_begun_here_comes_into_it(parley: Parley) -> None:
    party = await connected(parley, CHATWOOT)
    address = f"visitor-{new_chat()}@sample.test"
    body = {"chatbot_id": account.CHATBOT_ID, "channel": "chatwoot", "to": address, "content": "It is ready."}
    async with parley.console(ANA) as ana:
        started = await call(parley, ana, "POST", "/conversations", body)
        assert started.status_code == 201, started.text
        shown = started.json()["conversation"]

        async def place() -> str | None:
            sent = [one for one in await party.sent() if one["text"] == "It is ready."]
            return str(sent[-1]["recipient"]) if sent else None

        there = await eventually(place, "the message in Chatwoot")

        async def known() -> bool:
            return bool((await parley.thread(ana, shown["id"]))["messages"][0]["delivery"] == "sent")

        await eventually(known, "that it was sent")
        await party.act("messages", wait=True, text="I will come.", conversation_id=int(there or 0))

        async def answered() -> bool:
            messages = (await parley.thread(ana, shown["id"]))["messages"]
            return [one["content"] for one in messages] == ["It is ready.", "I will come."]

        await eventually(answered, "the answer in the conversation")
        thread = await parley.thread(ana, shown["id"])
        assert thread["messages"][1]["sender"]["id"] == shown["contact"]["id"]
