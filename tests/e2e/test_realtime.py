"""Sockets: what an agent and a visitor see, and what they see after they were away."""

import asyncio
import json

import websockets
from websockets.asyncio.client import ClientConnection

from deploy.local.demo import account
from deploy.local.demo.console import JsonObject
from tests.e2e.parley import Parley, eventually, new_chat
from tests.patience import PATIENCE

ANA, BEN = account.PEOPLE[0], account.PEOPLE[1]


async def test_after_a_reconnect_a_client_gets_what_it_missed_in_order_and_none_twice(parley: Parley) -> None:
    chat = new_chat()
    await parley.bot.write(chat, "How long does delivery take?", wait=True)
    await parley.bot.wait_for_messages(1, chat_id=chat, seconds=20)
    topic = f"chat:tg:{chat}"
    async with parley.console(ANA) as ana:
        token = ana.token
        await eventually(lambda: parley.conversation_of(ana, chat), "the conversation")
        subscribed = await ana.subscribe(topic)
        seen = int(subscribed["seq"])
    for number, text in enumerate(("How do I descale my kettle?", "How long is the warranty?")):
        await parley.bot.write(chat, text, wait=True)
        # One after the other: messages that come before an answer is there get one answer together.
        await parley.bot.wait_for_messages(2 + number, chat_id=chat, seconds=20)
    # Another gateway than before: sockets are not bound to one.
    address = parley.gateways[1].replace("http", "ws", 1) + "/ws"
    async with websockets.connect(
        address, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None
    ) as socket:
        await socket.send(json.dumps({"type": "subscribe", "topic": topic, "last_seq": seen}))
        frames = []
        async with asyncio.timeout(20 * PATIENCE):
            while sum(frame["type"] == "ai_message" for frame in frames) < 2:
                frame = json.loads(await socket.recv())
                if frame.get("topic") == topic and frame["type"] != "subscribed":
                    frames.append(frame)
    numbers = [frame["seq"] for frame in frames]
    assert numbers == sorted(set(numbers))
    assert numbers[0] > seen
    kinds = [frame["type"] for frame in frames if frame["type"].endswith("_message")]
    assert kinds == ["contact_message", "ai_message", "contact_message", "ai_message"]


async def test_a_visitor_talks_through_the_widget_and_a_resend_is_one_message(parley: Parley) -> None:
    opened = await parley.http.post(
        f"{parley.gateways[0]}/api/v1/widget/sessions",
        json={"connection_id": account.WIDGET_CONNECTION, "name": "Vera"},
    )
    assert opened.status_code in {200, 201}
    session = opened.json()
    address = parley.gateways[1].replace("http", "ws", 1) + f"/ws/widget?token={session['token']}"
    async with websockets.connect(address, proxy=None) as socket:
        message = {"type": "message", "content": "How long does delivery take?", "client_message_id": "one"}
        await socket.send(json.dumps(message))
        await socket.send(json.dumps(message))
        frames: list[dict[str, object]] = []
        async with asyncio.timeout(20 * PATIENCE):
            while not any(frame["type"] == "ai_message" for frame in frames):
                frames.append(json.loads(await socket.recv()))
        answer = next(frame for frame in frames if frame["type"] == "ai_message")
        await socket.send(json.dumps({"type": "delivered", "message_id": answer["message_id"]}))
        async with parley.console() as admin:

            async def delivered() -> bool:
                page = await admin.request("GET", "/api/v1/conversations?channel=widget&page_size=100")
                mine = [row for row in page["items"] if row["session_id"] == session["session_id"]]
                if not mine:
                    return False
                messages = (await parley.thread(admin, mine[0]["id"]))["messages"]
                assert [one["sender"]["kind"] for one in messages][:2] == ["contact", "ai"]
                assert sum(one["sender"]["kind"] == "contact" for one in messages) == 1
                return bool(messages[1]["delivery"] == "delivered")

            await eventually(delivered, "the widget's acknowledgement on the message")


async def test_a_handoff_reaches_every_agent_who_may_see_it(parley: Parley) -> None:
    chat = new_chat()
    async with parley.console(ANA, 0) as ana, parley.console(BEN, 1) as ben:
        await parley.bot.write(chat, "I want to talk to a human", wait=True)
        for console in (ana, ben):
            frame = await console.frame(
                "handoff", lambda one: one["notification"]["tag"].startswith("handoff-")
            )
            assert frame["reason"] == "asked_for_human"
            assert frame["chatbot_name"] == account.CHATBOT_NAME
            assert frame["notification"]["title"] == f"New handoff — {account.CHATBOT_NAME}"
            assert frame["notification"]["body"].endswith(": asked_for_human")
            assert frame["notification"]["requireInteraction"] is True


async def test_typing_and_read_marks_go_both_ways(parley: Parley) -> None:
    answer = await parley.http.post(
        f"{parley.gateways[0]}/api/v1/widget/sessions", json={"connection_id": account.WIDGET_CONNECTION}
    )
    token = answer.json()["token"]
    address = parley.gateways[0].replace("http", "ws", 1)

    async def heard(socket: ClientConnection, kind: str) -> JsonObject:
        async with asyncio.timeout(20 * PATIENCE):
            while True:
                found = json.loads(await socket.recv())
                if found["type"] == kind:
                    return dict(found)

    async with (
        parley.console(gateway=1) as admin,
        websockets.connect(f"{address}/ws/widget?token={token}", proxy=None) as visitor,
    ):
        said = {"type": "message", "content": "I want to talk to a human", "client_message_id": "1"}
        await visitor.send(json.dumps(said))
        handoff = await admin.frame("handoff", lambda frame: frame["visitor_name"] == "Visitor")
        conversation_id = handoff["conversation_id"]
        await visitor.send(json.dumps({"type": "typing", "typing": True}))
        told = await admin.frame(
            "conversation:typing", lambda frame: frame["conversation_id"] == conversation_id
        )
        assert (told["typing"], told["sender"]["kind"]) == (True, "contact")
        await admin.send({"type": "typing", "topic": conversation_id, "typing": True})
        assert (await heard(visitor, "typing"))["sender"] == {"kind": "agent", "name": "Dora"}

        await admin.send({"type": "read", "topic": conversation_id})
        marked = await admin.frame(
            "conversation:read_mark", lambda frame: frame["conversation_id"] == conversation_id
        )
        assert (marked["unread"], marked["reader_id"]) == (0, admin.person.id)
        path = f"/app/chatbots/{account.CHATBOT_ID}/conversations/{conversation_id}/replies"
        reply = await admin.request("POST", path, {"content": "Hello."})
        await visitor.send(json.dumps({"type": "read", "message_id": reply["id"]}))
        await admin.frame("conversation:read", lambda frame: frame["message_id"] == reply["id"])
        thread = await parley.thread(admin, conversation_id)
        assert thread["conversation"]["unread"] == 0
        outbound = [one for one in thread["messages"] if one["direction"] == "outbound"]
        assert {one["delivery"] for one in outbound} == {"read"}
