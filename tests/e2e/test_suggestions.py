"""Suggestions and replies over the running gateway, to what the platform accepts."""

from typing import Any

import httpx

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually, new_chat

ANA, BEN = account.PEOPLE[0], account.PEOPLE[1]


async def call(
    parley: Parley, console: Any, method: str, path: str, body: Any = None, **headers: str
) -> httpx.Response:
    """A request whose refusal is looked at."""
    return await parley.http.request(
        method,
        f"{parley.gateways[1]}/api/v1/conversations/{path}",
        json=body,
        headers={"Authorization": f"Bearer {console.token}", **headers},
    )


async def new_conversation(
    parley: Parley, console: Any, chat: int, asked: str = "How long does delivery take?"
) -> tuple[str, str]:
    """A conversation that the AI has answered once: its id, and that of the contact's message."""
    await parley.bot.write(chat, asked, wait=True)
    await parley.bot.wait_for_messages(1, chat_id=chat, seconds=20)
    row = await eventually(lambda: parley.conversation_of(console, chat), "the conversation")
    thread = await parley.thread(console, row["id"])
    return str(row["id"]), str(thread["messages"][0]["id"])


async def suggestion(parley: Parley, console: Any, one: str, message: str, **wishes: str) -> Any:
    """Ask for a suggestion and wait for the frame that tells of it."""
    asked = await call(parley, console, "POST", f"{one}/regenerate", {"message_id": message, **wishes})
    assert asked.status_code == 202, asked.text
    wanted = asked.json()["request_id"]
    frame = await console.frame("conversation:ai_ready", lambda frame: frame["suggestion_id"] == wanted)
    assert frame["conversation_id"] == one
    found = await call(parley, console, "GET", f"{one}/ai-suggestion")
    assert (found.status_code, found.json()["id"]) == (200, wanted)
    return found.json()


async def test_a_suggestion_is_asked_for_changed_sent_and_not_sent_twice(parley: Parley) -> None:
    chat = new_chat()
    async with parley.console(ANA) as ana:
        one, message = await new_conversation(parley, ana, chat)
        assert (await call(parley, ana, "GET", f"{one}/ai-suggestion")).status_code == 404
        proposed = await suggestion(parley, ana, one, message)
        assert proposed["status"] == "pending"
        assert proposed["citations"][0]["quote"] in proposed["body"]
        analysis = proposed["analysis"]
        assert (analysis["engine"], analysis["language"], analysis["intent"]) == ("passage", "en", "question")
        looked = await call(parley, ana, "POST", f"{one}/improve", {"draft": "HELLO THERE MIRA, GOOD DAY"})
        assert looked.status_code == 200, looked.text
        kinds = {remark["kind"] for remark in looked.json()["remarks"]}
        assert {"missing_answer", "tone"} <= kinds
        assert looked.json()["citations"][0]["quote"]
        row = (await parley.thread(ana, one))["conversation"]
        assert row["has_pending_suggestion"]

        body = {"suggestion_id": proposed["id"], "edited_body": "Two to three days, Mira."}
        key = {"Idempotency-Key": f"approve-{one}"}
        sent = await call(parley, ana, "POST", f"{one}/approve", body, **key)
        assert (sent.status_code, sent.json()["delivery"]) == (200, "sent"), sent.text
        again = await call(parley, ana, "POST", f"{one}/approve", body, **key)
        assert (again.status_code, again.json()) == (200, sent.json())
        other = await call(parley, ana, "POST", f"{one}/approve", body)
        assert (other.status_code, other.json()["code"]) == (400, "suggestion_not_pending")
        texts = [said["text"] for said in await parley.sent_to(chat)]
        assert texts.count("Two to three days, Mira.") == 1

        # The AI answers this chatbot's conversations by itself: whoever sends takes over.
        thread = await parley.thread(ana, one)
        assert thread["conversation"]["status"] == "handed_off"
        assert thread["conversation"]["assignee_id"] == ANA.id
        assert thread["timeline"][-1]["reason"] == "agent_took_over"


async def test_another_suggestion_supersedes_the_first_and_a_rejected_one_is_gone(parley: Parley) -> None:
    chat = new_chat()
    async with parley.console(ANA) as ana:
        one, message = await new_conversation(parley, ana, chat)
        first = await suggestion(parley, ana, one, message)
        second = await suggestion(parley, ana, one, message, tone="friendly", length="short")
        assert second["id"] != first["id"]
        stale = await call(parley, ana, "POST", f"{one}/approve", {"suggestion_id": first["id"]})
        assert stale.status_code == 400
        body = {"suggestion_id": second["id"], "reason": "she asked about something else"}
        rejected = await call(parley, ana, "POST", f"{one}/reject", body)
        assert (rejected.status_code, rejected.json()["status"]) == (200, "rejected")
        assert (await call(parley, ana, "GET", f"{one}/ai-suggestion")).status_code == 404
        assert (await parley.thread(ana, one))["conversation"]["status"] == "active"


async def test_a_reply_waits_for_the_channel_as_long_as_the_caller_prefers(parley: Parley) -> None:
    chat = new_chat()
    async with parley.console(ANA) as ana:
        one, _ = await new_conversation(parley, ana, chat)
        sent = await call(parley, ana, "POST", f"{one}/reply", {"body": "This is Ana."}, Prefer="wait=20")
        assert (sent.status_code, sent.json()["accepted"]) == (200, True)
        assert sent.headers["Preference-Applied"] == "wait=20"
        later = await call(parley, ana, "POST", f"{one}/reply", {"body": "And."}, Prefer="respond-async")
        assert (later.status_code, later.json()["delivery"]) == (202, "queued")
        await ana.frame("conversation:sent", lambda frame: frame["message_id"] == later.json()["id"])


async def test_what_the_channel_refuses_is_502_and_the_suggestion_pending_again(parley: Parley) -> None:
    chat = new_chat()
    async with parley.console(ANA) as ana:
        one, message = await new_conversation(parley, ana, chat)
        proposed = await suggestion(parley, ana, one, message)
        await parley.bot.set_membership(chat, "kicked", wait=True)
        refused = await call(parley, ana, "POST", f"{one}/approve", {"suggestion_id": proposed["id"]})
        assert (refused.status_code, refused.json()["code"]) == (502, "channel_refused"), refused.text
        again = await call(parley, ana, "GET", f"{one}/ai-suggestion")
        assert again.json()["id"] == proposed["id"]
        await ana.frame("conversation:error", lambda frame: frame["conversation_id"] == one)


async def test_what_is_settled_or_somebody_elses_is_refused(parley: Parley) -> None:
    chat = new_chat()
    async with parley.console(ANA) as ana, parley.console(BEN) as ben:
        one, message = await new_conversation(parley, ana, chat)
        blank = await call(parley, ana, "POST", f"{one}/reply", {"body": "  "})
        assert blank.status_code == 422
        unknown = await call(parley, ana, "POST", f"{one}/regenerate", {"message_id": "ghost"})
        assert unknown.status_code == 404
        await call(parley, ana, "POST", f"{one}/transfer", {"department": "Orders"})
        for method, path, body in (
            ("GET", "ai-suggestion", None),
            ("POST", "regenerate", {"message_id": message}),
            ("POST", "approve", {"suggestion_id": "s"}),
            ("POST", "reject", {"suggestion_id": "s"}),
            ("POST", "improve", {"draft": "Hi"}),
            ("POST", "reply", {"body": "Hi"}),
        ):
            assert (await call(parley, ben, method, f"{one}/{path}", body)).status_code == 404, path
        await call(parley, ana, "POST", f"{one}/close")
        closed = await call(parley, ana, "POST", f"{one}/reply", {"body": "Hi"})
        assert (closed.status_code, closed.json()["code"]) == (409, "not_handed_off")


async def test_a_refused_message_is_sent_once_more_by_hand_and_only_then(parley: Parley) -> None:
    chat = new_chat()
    async with parley.console(ANA) as ana, parley.console(BEN) as ben:
        one, _ = await new_conversation(parley, ana, chat)
        await parley.bot.set_membership(chat, "kicked", wait=True)
        refused = await call(parley, ana, "POST", f"{one}/reply", {"body": "Are you there, Mira?"})
        assert refused.status_code == 502, refused.text
        failed = (await parley.thread(ana, one))["messages"][-1]
        path = f"{one}/messages/{failed['id']}/retry"
        still = await call(parley, ana, "POST", path)
        assert (still.status_code, still.json()["code"]) == (502, "channel_refused"), still.text
        await parley.bot.set_membership(chat, "member", wait=True)
        key = {"Idempotency-Key": f"retry-{one}"}
        sent = await call(parley, ana, "POST", path, **key)
        assert (sent.status_code, sent.json()["delivery"]) == (200, "sent"), sent.text
        assert (await call(parley, ana, "POST", path, **key)).json() == sent.json()
        done = await call(parley, ana, "POST", path)
        assert (done.status_code, done.json()["code"]) == (409, "invalid_transition")
        texts = [said["text"] for said in await parley.sent_to(chat)]
        assert texts.count("Are you there, Mira?") == 1
        assert (await call(parley, ana, "POST", f"{one}/messages/ghost/retry")).status_code == 404
        await call(parley, ana, "POST", f"{one}/transfer", {"department": "Orders"})
        assert (await call(parley, ben, "POST", path)).status_code == 404
