"""Tickets from outside: users and agents over HTTP, in the room, and what internal receivers hear."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually
from tests.e2e.webhook_receiver import WebhookReceiver
from tests.patience import PATIENCE

PEOPLE = {one.id: one for one in account.PEOPLE}
UMA, SAM, IVO, HANA = (PEOPLE[name] for name in ("user-uma", "user-sam", "agent-ivo", "agent-hana"))
DORA = account.PEOPLE[3]


class Caller:
    """A person with an access token, and without a socket."""

    def __init__(self, parley: Parley, token: str, person: account.DemoPerson) -> None:
        self._parley, self.token, self.person = parley, token, person

    async def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self._parley.http.request(
            method,
            f"{self._parley.gateways[0]}{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.token}", **headers},
        )

    async def done(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer = await self(method, path, body, **headers)
        assert answer.is_success, (answer.status_code, answer.text)
        return answer.json()


async def caller(parley: Parley, person: account.DemoPerson) -> Caller:
    answer = await parley.http.post(
        f"{parley.gateways[0]}/auth/login", json={"email": person.email, "password": person.password}
    )
    assert answer.json()["profile"]["role"] == person.role
    return Caller(parley, answer.json()["access_token"], person)


async def people(parley: Parley) -> tuple[Caller, Caller, Caller]:
    """The requester, an agent of the department, and one of another."""
    return await caller(parley, UMA), await caller(parley, IVO), await caller(parley, HANA)


async def opened(uma: Caller, content: str = "My docking station has no network") -> str:
    body = {"department": "IT", "subject": "No network", "content": content}
    return str((await uma.done("POST", "/tickets", body))["id"])


async def in_hands(uma: Caller, ivo: Caller) -> str:
    """A ticket that is handed off and assigned to Ivo."""
    ticket = await opened(uma, "I want to talk to a human")

    async def is_assigned() -> bool:
        return bool((await uma.done("GET", f"/tickets/{ticket}"))["ticket"]["status"] == "assigned")

    await eventually(is_assigned, "the ticket is handed off")
    assert (await ivo.done("POST", f"/tickets/{ticket}/assign", {"agent_id": IVO.id}))["assignee"] == IVO.id
    return ticket


class Room:
    """A socket in a ticket's room."""

    def __init__(self, socket: ClientConnection, who: Caller, ticket: str) -> None:
        self._socket, self._who, self._ticket = socket, who, ticket

    async def say(self, content: str, role: str, **more: Any) -> None:
        frame = {
            "type": "chat",
            "ticket_id": self._ticket,
            "sender_id": self._who.person.id,
            "sender_role": role,
            "content": content,
            "isAI": False,
            "feedback": "none",
        }
        await self.send(**(frame | more))

    async def send(self, **fields: Any) -> None:
        await self._socket.send(json.dumps(fields))

    async def hear(self, kind: str, **wanted: Any) -> Any:
        """The next frame of a kind with these fields; others are passed over."""
        async with asyncio.timeout(20 * PATIENCE):
            while True:
                frame = json.loads(await self._socket.recv())
                if frame["type"] == kind and wanted.items() <= frame.items():
                    return frame


@asynccontextmanager
async def room(
    parley: Parley, who: Caller, ticket: str, *, gateway: int = 0, last_seq: int | None = None
) -> AsyncIterator[Room]:
    base = parley.gateways[gateway].replace("http", "ws", 1)
    resume = "" if last_seq is None else f"?last_seq={last_seq}"
    headers = {"Authorization": f"Bearer {who.token}"}
    address = f"{base}/ws/chat/{ticket}{resume}"
    async with websockets.connect(address, additional_headers=headers, proxy=None) as socket:
        yield Room(socket, who, ticket)


async def close_code(parley: Parley, who: Caller, ticket: str) -> int:
    async with room(parley, who, ticket) as inside:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await inside.hear("nothing")
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


async def test_a_user_opens_a_ticket_and_the_ai_answers_first(parley: Parley) -> None:
    uma, ivo, hana = await people(parley)
    key = {"Idempotency-Key": f"open-{UMA.id}-{id(uma)}"}
    body = {"department": "IT", "subject": "Delivery", "content": "How long does delivery take?"}
    first = await uma.done("POST", "/tickets", body, **key)
    assert (await uma.done("POST", "/tickets", body, **key))["id"] == first["id"]
    assert (first["department"], first["subject"], first["requester_id"]) == ("IT", "Delivery", UMA.id)

    async def answered() -> bool:
        thread = await uma.done("GET", f"/tickets/{first['id']}")
        return any(message["is_ai"] for message in thread["messages"])

    await eventually(answered, "the AI answers")
    assert (await ivo("GET", f"/tickets/{first['id']}")).status_code == 200
    assert (await hana("GET", f"/tickets/{first['id']}")).status_code == 404
    sam = await caller(parley, SAM)
    assert (await sam("GET", f"/tickets/{first['id']}")).status_code == 404


async def test_what_makes_no_ticket_is_refused(parley: Parley) -> None:
    uma, ivo, _ = await people(parley)
    good = {"department": "IT", "subject": "S", "content": "C"}
    assert (await ivo("POST", "/tickets", good)).status_code == 403
    for body in (
        {},
        good | {"content": " "},
        good | {"department": "Nowhere"},
        good | {"chatbot_id": "none"},
    ):
        assert (await uma("POST", "/tickets", body)).status_code == 422
    named = await uma.done("POST", "/tickets", good | {"chatbot_id": account.CHATBOT_ID})
    assert named["chatbot_id"] == account.CHATBOT_ID


async def test_lists_hold_what_is_ones_own_and_another_department_is_403(parley: Parley) -> None:
    uma, ivo, hana = await people(parley)
    ticket = await in_hands(uma, ivo)
    page = await ivo.done("GET", "/tickets?department=IT&status=assigned&page=1&page_size=100")
    assert ticket in [one["id"] for one in page["items"]]
    assert {one["department"] for one in page["items"]} == {"IT"}
    assert (await ivo("GET", "/tickets?department=HR")).status_code == 403
    assert ticket not in [one["id"] for one in (await hana.done("GET", "/tickets"))["items"]]
    mine = await uma.done("GET", "/tickets?page_size=100")
    assert {one["requester_id"] for one in mine["items"]} == {UMA.id}
    sam = await caller(parley, SAM)
    assert ticket not in [one["id"] for one in (await sam.done("GET", "/tickets"))["items"]]
    assert (await ivo("GET", "/tickets?status=handed_off")).status_code == 400


async def test_a_ticket_from_its_first_message_to_its_close(
    parley: Parley, receiver: WebhookReceiver
) -> None:
    uma, ivo, hana = await people(parley)
    ticket = await in_hands(uma, ivo)
    assert (await ivo("POST", f"/tickets/{ticket}/resolve")).status_code == 403
    assert (await ivo("POST", f"/tickets/{ticket}/close")).status_code == 409
    assert (await hana("POST", f"/tickets/{ticket}/close")).status_code == 404
    assert (await uma("POST", f"/tickets/{ticket}/assign", {"agent_id": IVO.id})).status_code == 403
    assert (await uma.done("POST", f"/tickets/{ticket}/resolve"))["status"] == "resolved"
    assert (await uma("POST", f"/tickets/{ticket}/close")).status_code == 403
    closed = await ivo.done("POST", f"/tickets/{ticket}/close")
    assert (closed["status"], closed["closed_at"]) == ("closed", closed["updated_at"])

    async def told() -> bool:
        return "on_ticket_closed" in [name for name, _ in receiver.about(ticket)]

    await eventually(told, "the receiver hears of the close")
    heard = receiver.about(ticket)
    assert [name for name, _ in heard][-1] == "on_ticket_closed"
    assert heard[0][1]["data"]["content"] == "I want to talk to a human"
    assert len({body["webhook-id"] for _, body in heard}) == len(heard)
    assert receiver.forged == 0


async def test_an_admin_closes_a_ticket_too(parley: Parley) -> None:
    uma, ivo, _ = await people(parley)
    ticket = await in_hands(uma, ivo)
    await uma.done("POST", f"/tickets/{ticket}/resolve")
    dora = await caller(parley, DORA)
    assert (await dora.done("POST", f"/tickets/{ticket}/close"))["status"] == "closed"


async def test_user_and_agent_talk_in_the_room(parley: Parley) -> None:
    uma, ivo, _ = await people(parley)
    ticket = await in_hands(uma, ivo)
    async with (
        room(parley, uma, ticket, gateway=0) as hers,
        room(parley, ivo, ticket, gateway=1) as his,
    ):
        await hers.hear("subscribed", topic=f"ticket_{ticket}")
        await his.hear("subscribed", topic=f"ticket_{ticket}")
        await hers.say("Are you there?", "user", client_message_id="c1")
        ack = await hers.hear("ack", client_message_id="c1")
        heard = await his.hear("chat", content="Are you there?")
        assert (heard["message_id"], heard["sender_id"], heard["sender_role"]) == (
            ack["message_id"],
            UMA.id,
            "user",
        )
        assert {"ticket_id", "timestamp", "seq", "isAI", "feedback"} <= heard.keys()
        await his.say("Plug it in again", "it_agent", isAI=True, client_message_id="a1")
        suggested = await hers.hear("chat", sender_id=IVO.id)
        assert (suggested["sender_role"], suggested["isAI"]) == ("it_agent", True)
        await hers.send(type="delivered", message_id=suggested["message_id"])
        await hers.hear("message_state", message_id=suggested["message_id"], state="delivered")


async def test_a_resend_is_one_message_and_who_comes_back_gets_what_was_missed(parley: Parley) -> None:
    uma, ivo, _ = await people(parley)
    ticket = await in_hands(uma, ivo)
    async with room(parley, uma, ticket) as hers:
        start = (await hers.hear("subscribed"))["seq"]
        await hers.say("Once", "user", client_message_id="c9")
        first = await hers.hear("ack", client_message_id="c9")
    async with room(parley, uma, ticket, gateway=1, last_seq=start) as hers:
        assert (await hers.hear("chat"))["content"] == "Once"
        await hers.say("Once", "user", client_message_id="c9")
        assert (await hers.hear("ack"))["message_id"] == first["message_id"]
    thread = await uma.done("GET", f"/tickets/{ticket}")
    assert [one["content"] for one in thread["messages"]].count("Once") == 1


async def test_a_frame_that_breaks_a_rule_is_refused_and_the_socket_stays(parley: Parley) -> None:
    uma, ivo, hana = await people(parley)
    ticket = await opened(uma, "How long does delivery take?")
    sam = await caller(parley, SAM)
    for stranger in (hana, sam):
        assert await close_code(parley, stranger, ticket) == 4404
    async with room(parley, ivo, ticket) as his:
        await his.say("Hello", "it_agent")
        assert (await his.hear("error"))["code"] == "not_handed_off"
        await his.say("Hello", "hr_agent")
        assert (await his.hear("error"))["code"] == "forbidden"
        await his.say("Hello", "it_agent", sender_id=UMA.id)
        assert (await his.hear("error"))["code"] == "forbidden"
        await his.say("Hello", "it_agent", extra=True)
        assert (await his.hear("error"))["code"] == "invalid"
        await his.send(type="ping")
        await his.hear("pong")


async def test_feedback_is_for_messages_of_the_ai_at_any_time(parley: Parley) -> None:
    uma, ivo, hana = await people(parley)
    ticket = await in_hands(uma, ivo)
    async with room(parley, ivo, ticket) as his:
        await his.say("Restart it", "it_agent", isAI=True)
        message = (await his.hear("ack"))["message_id"]
        await uma.done("POST", f"/tickets/{ticket}/resolve")
        path = f"/tickets/{ticket}/messages/{message}/feedback"
        for word in ("up", "down", "none"):
            assert (await uma.done("PATCH", path, {"feedback": word}))["feedback"] == word
            await his.hear("message_feedback", message_id=message, feedback=word)
    assert (await hana("PATCH", path, {"feedback": "up"})).status_code == 404
    assert (await uma("PATCH", path, {"feedback": "great"})).status_code == 422
    first = (await uma.done("GET", f"/tickets/{ticket}"))["messages"][0]
    own = f"/tickets/{ticket}/messages/{first['id']}/feedback"
    assert (await uma("PATCH", own, {"feedback": "up"})).status_code == 422


async def test_a_receiver_that_fails_gets_it_again_in_order(
    parley: Parley, receiver: WebhookReceiver
) -> None:
    uma, ivo, _ = await people(parley)
    ticket = await in_hands(uma, ivo)
    receiver.refuse_once.add("fails-first-time")
    async with room(parley, ivo, ticket) as his:
        await his.say("fails-first-time", "it_agent")
        await his.say("comes-after", "it_agent")

        async def both() -> bool:
            return "comes-after" in [body["data"].get("content") for _, body in receiver.about(ticket)]

        await eventually(both, "both are taken", limit=30)
    contents = [body["data"].get("content") for _, body in receiver.about(ticket)]
    assert contents.index("fails-first-time") < contents.index("comes-after")
    assert contents.count("fails-first-time") == 1
    assert len(receiver.refused) == 1


async def test_the_assigned_agent_gets_a_response_and_sends_it(
    parley: Parley, receiver: WebhookReceiver
) -> None:
    uma, ivo, hana = await people(parley)
    ticket = await in_hands(uma, ivo)
    context = [{"sender_role": "user", "content": "How long does delivery take?", "isAI": False}]
    body = {"ticket_id": ticket, "conversation_context": context}
    found = await ivo.done("POST", "/ai/suggest-response", body)
    assert found["isAI"] is True
    assert found["suggested_response"].strip()
    assert {"suggestion_id", "confidence", "citations"} <= found.keys()
    dora = await caller(parley, DORA)
    assert [(await one("POST", "/ai/suggest-response", body)).status_code for one in (dora, uma, hana)] == [
        403,
        403,
        404,
    ]
    async with room(parley, ivo, ticket) as his:
        sent = {"isAI": True, "suggestion_id": found["suggestion_id"], "client_message_id": "s1"}
        await his.say(f"{found['suggested_response']} Best, Ivo", "it_agent", **sent)
        await his.hear("ack", client_message_id="s1")
        assert (await his.hear("chat", sender_id=IVO.id))["isAI"] is True

    async def told() -> bool:
        return "on_ai_reply_suggested" in [name for name, _ in receiver.about(ticket)]

    await eventually(told, "the receiver hears of the suggestion")
    decided = await ivo("GET", f"/api/v1/conversations/{ticket}/ai-suggestion")
    assert decided.status_code == 404
