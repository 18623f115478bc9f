"""A person's words, name and addresses pass through every channel and every service, and appear in no line of
any log and in no span.
"""

import asyncio
import json
from pathlib import Path

import websockets

from deploy.local.demo import account
from tests.e2e.channel_doors import DOORS, SECRET, Person, Spans, opened
from tests.e2e.parley import Parley, eventually, new_chat, text_update

NAME = "Canary Featherstone"
CARD = "4111 1111 1111 1111"
PHONE = "493055501993"
EMAIL = "canary.featherstone@aviary.test"
STREET = "14 Millpond Lane, Little Birdham"
CANARIES = (NAME, CARD, PHONE, EMAIL, STREET, "kettle-demo-token", "kettle-demo-webhook-secret", SECRET)
TEXT = f"My card is {CARD}, call {PHONE} or write to {EMAIL}, I live at {STREET}"
#: Its last figure has every span of the trace exported.
TRACE = "c0ffee5916cd43dd8448eb211c80319c"
TRACED = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}


async def _by_telegram(parley: Parley) -> int:
    chat = new_chat()
    await parley.known_chat(chat)
    update = text_update(chat, TEXT, 1)
    update["message"]["from"]["first_name"] = NAME
    assert (await parley.webhook(update)).status_code == 200
    # The same in a body that cannot be interpreted, and in one that is refused.
    odd = {"update_id": new_chat() % (1 << 31), "something_new": {"text": CARD, "name": NAME}}
    assert (await parley.webhook(odd)).status_code == 200
    assert (await parley.webhook(update, secret="wrong")).status_code == 401
    return chat


async def _by_widget(parley: Parley) -> None:
    body = {"connection_id": account.WIDGET_CONNECTION, "name": NAME}
    opening = await parley.http.post(
        f"{parley.gateways[0]}/api/v1/widget/sessions", json=body, headers=TRACED
    )
    address = parley.gateways[0].replace("http", "ws", 1) + f"/ws/widget?token={opening.json()['token']}"
    async with websockets.connect(address, proxy=None) as socket, asyncio.timeout(20):
        await socket.send(json.dumps({"type": "message", "content": TEXT, "client_message_id": "canary"}))
        while json.loads(await socket.recv())["type"] != "ack":
            pass


async def test_what_a_person_wrote_appears_in_no_log_and_no_span(parley: Parley, spans: Spans) -> None:
    chat = await _by_telegram(parley)
    await _by_widget(parley)
    who = Person(NAME, PHONE, EMAIL)
    async with opened(parley), parley.console() as admin:
        for door in DOORS:
            taken = await door.write(parley, TEXT, who, TRACED)
            assert taken.status_code == 200, (door.channel, taken.text)
        row = await eventually(lambda: parley.conversation_of(admin, chat), "the conversation")
        assert row["contact"]["name"] == NAME

        async def everywhere() -> bool:
            page = await admin.request("GET", "/api/v1/conversations?search=Birdham&page_size=100")
            return {one["channel"] for one in page["items"]} >= {
                "telegram",
                "widget",
                *(str(door.channel) for door in DOORS),
            }

        await eventually(everywhere, "the words on every channel")
        # And what an agent looks for, reads and answers.
        for one in (await admin.request("GET", "/api/v1/conversations?search=Birdham"))["items"]:
            await admin.request("GET", f"/api/v1/conversations/{one['id']}", **TRACED)
            headers = {"Authorization": f"Bearer {admin.token}", "Prefer": "wait=1", **TRACED}
            path = f"{parley.gateways[1]}/api/v1/conversations/{one['id']}/reply"
            await parley.http.post(path, json={"body": f"Dear {NAME}, {STREET}?"}, headers=headers)

    async def exported() -> bool:
        traced = [body for body in spans.bodies if bytes.fromhex(TRACE) in body]
        return all(any(f"parley-{name}".encode() in body for body in traced) for name in SERVICES)

    await eventually(exported, "spans of every service", limit=40)
    logs = sorted((parley.stack.folder / "logs").glob("*.log"))
    assert len(logs) >= 10
    for log in logs:
        _look(_text(log), log.name)
    for body in spans.bodies:
        _look(body.decode(errors="replace"), "a span")


SERVICES = ("gateway", "conversation")


def _look(text: str, where: str) -> None:
    for canary in CANARIES:
        assert canary not in text, where


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")
