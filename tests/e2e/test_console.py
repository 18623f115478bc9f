"""The agent console's API, sentence by sentence, over the running gateway."""

import asyncio
from typing import Any

import httpx
import pytest

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually, new_chat

ANA, BEN = account.PEOPLE[0], account.PEOPLE[1]


async def call(
    parley: Parley, console: Any, method: str, one: str, path: str, body: Any, **headers: str
) -> httpx.Response:
    """A request to one of the two fixed paths, whose refusal is looked at."""
    return await parley.http.request(
        method,
        f"{parley.gateways[1]}/app/chatbots/{account.CHATBOT_ID}/conversations/{one}/{path}",
        json=body,
        headers={"Authorization": f"Bearer {console.token}", **headers},
    )


async def conversation(parley: Parley, console: Any, *, handed_off: bool) -> tuple[str, int]:
    """A new conversation's id and its chat; the contact has asked for a person, or not."""
    chat = new_chat()
    text = "Can I talk to a real person please?" if handed_off else "How long does delivery take?"
    await parley.bot.write(chat, text, wait=True)
    await parley.bot.wait_for_messages(1, chat_id=chat, seconds=20)
    row = await eventually(lambda: parley.conversation_of(console, chat), "the conversation")
    return str(row["id"]), chat


async def view(parley: Parley, console: Any, one: str) -> Any:
    return (await parley.thread(console, one))["conversation"]


async def test_a_reply_is_stored_broadcast_and_sent_to_the_chat(parley: Parley) -> None:
    async with parley.console(ANA) as ana, parley.console(BEN) as ben:
        one, chat = await conversation(parley, ana, handed_off=True)
        await ben.subscribe(f"chat:tg:{chat}")
        answer = await call(parley, ana, "POST", one, "replies", {"content": "Hi, this is Ana."})
        assert answer.status_code == 201
        message = answer.json()
        assert (message["sender"]["kind"], message["sender"]["id"]) == ("agent", ANA.id)
        frame = await ben.frame("agent_message")
        assert (frame["topic"], frame["content"]) == (f"chat:tg:{chat}", "Hi, this is Ana.")
        assert (frame["agent_name"], frame["message_id"]) == ("Ana", message["id"])
        assert frame["timestamp"]
        await ana.frame("conversation:sent", lambda one: one["message_id"] == message["id"])
        assert [sent["text"] for sent in await parley.sent_to(chat)][-1] == "Hi, this is Ana."
        assert (await view(parley, ana, one))["status"] == "handed_off"


async def test_only_what_is_handed_off_can_be_replied_to_and_blank_is_no_reply(parley: Parley) -> None:
    async with parley.console(ANA) as ana:
        one, _ = await conversation(parley, ana, handed_off=False)
        before = (await view(parley, ana, one))["message_count"]
        refused = await call(parley, ana, "POST", one, "replies", {"content": "Hi"})
        assert refused.status_code == 409
        assert refused.json()["detail"] == "Can only reply to handed-off conversations."
        for body in ({"content": ""}, {"content": " \n\t"}, {}, {"content": "Hi", "more": 1}):
            assert (await call(parley, ana, "POST", one, "replies", body)).status_code == 422
        assert (await view(parley, ana, one))["message_count"] == before


async def test_the_status_control_closes_returns_and_reopens_and_says_so(parley: Parley) -> None:
    async with parley.console(ANA) as ana, parley.console(BEN) as ben:
        one, chat = await conversation(parley, ana, handed_off=True)
        await ben.subscribe(f"chat:tg:{chat}")
        returned = await call(parley, ana, "PUT", one, "status", {"status": "active"})
        assert returned.status_code == 200
        assert returned.json()["message"] == "Conversation returned to AI."
        assert returned.json()["conversation"]["status"] == "active"
        ended = await ben.frame("handoff_ended")
        assert set(ended) == {"type", "topic", "seq"}
        assert ended["topic"] == f"chat:tg:{chat}"
        closed = await call(parley, ana, "PUT", one, "status", {"status": "closed"})
        assert (closed.status_code, closed.json()["message"]) == (200, "Conversation closed.")
        reopened = await call(parley, ana, "PUT", one, "status", {"status": "active"})
        assert (reopened.status_code, reopened.json()["conversation"]["status"]) == (200, "active")


async def test_every_failure_of_the_status_control_says_the_same_with_its_code(parley: Parley) -> None:
    async with parley.console(ANA) as ana:
        one, _ = await conversation(parley, ana, handed_off=True)
        await parley.http.patch(
            f"{parley.gateways[0]}/api/v1/conversations/{one}/archive",
            headers={"Authorization": f"Bearer {ana.token}"},
        )
        cases = [
            (one, {"status": "resolved"}, 422, "invalid_status"),
            (one, {"status": 7}, 422, "invalid_status"),
            (one, {"status": "active"}, 409, "invalid_transition"),
            ("0190f1c27a007c3b9a512f6d1c0b8e11-3fa7", {"status": "closed"}, 404, "not_found"),
        ]
        for target, body, status, code in cases:
            answer = await call(parley, ana, "PUT", target, "status", body)
            assert (answer.status_code, answer.json()["code"]) == (status, code), body
            assert answer.json()["detail"] == "Failed to update conversation status."


async def test_what_a_frontend_may_offer_is_told_for_each_status(parley: Parley) -> None:
    offered = {
        "handed_off": (["return_to_ai", "close"], True),
        "active": ([], False),
        "resolved": ([], False),
        "closed": (["reopen"], False),
        "archived": ([], False),
    }
    steps = {
        "active": ("POST", "return-to-ai"),
        "resolved": ("POST", "resolve"),
        "closed": ("POST", "close"),
        "archived": ("PATCH", "archive"),
    }
    async with parley.console(ANA) as ana:
        one, _ = await conversation(parley, ana, handed_off=True)
        for status, (buttons, can_reply) in offered.items():
            if status in steps:
                method, path = steps[status]
                answer = await parley.http.request(
                    method,
                    f"{parley.gateways[0]}/api/v1/conversations/{one}/{path}",
                    headers={"Authorization": f"Bearer {ana.token}"},
                )
                assert answer.status_code == 200, answer.text
            seen = await view(parley, ana, one)
            assert (seen["status"], seen["status_buttons"], seen["can_reply"]) == (status, buttons, can_reply)


async def test_a_handoff_tells_those_who_may_see_it_with_what_the_browser_shows(parley: Parley) -> None:
    async with parley.console(ANA) as ana, parley.console(BEN) as ben:
        one, _ = await conversation(parley, ana, handed_off=True)
        for console in (ana, ben):
            frame = await console.frame("handoff", lambda frame: frame["conversation_id"] == one)
            assert (frame["chatbot_id"], frame["chatbot_name"]) == (account.CHATBOT_ID, account.CHATBOT_NAME)
            visitor, reason = frame["visitor_name"], frame["reason"]
            shown = frame["notification"]
            assert reason == "asked_for_human"
            assert shown["title"] == f"New handoff — {account.CHATBOT_NAME}"
            assert shown["body"] == f"{visitor}: {reason}"
            assert shown["tag"] == f"handoff-{one}"
            assert shown["requireInteraction"] is True
            assert shown["url"] == f"/app/chatbots/{account.CHATBOT_ID}/conversations/{one}"


async def test_what_is_another_departments_is_handed_off_without_telling_others(parley: Parley) -> None:
    async with parley.console() as admin, parley.console(ANA) as ana, parley.console(BEN) as ben:
        one, _ = await conversation(parley, admin, handed_off=False)
        handed = await parley.http.post(
            f"{parley.gateways[0]}/api/v1/conversations/{one}/hand-off",
            json={"department": "Orders", "reason": "parcel"},
            headers={"Authorization": f"Bearer {admin.token}"},
        )
        assert handed.status_code == 200
        await ana.frame("handoff", lambda frame: frame["conversation_id"] == one)
        # Ben's topic is in order: a later event that he may see comes after what he would have got.
        later, _ = await conversation(parley, admin, handed_off=True)
        await ben.frame("handoff", lambda frame: frame["conversation_id"] == later)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await ben.frame("handoff", lambda frame: frame["conversation_id"] == one)
        assert (await call(parley, ben, "POST", one, "replies", {"content": "Hi"})).status_code == 404
