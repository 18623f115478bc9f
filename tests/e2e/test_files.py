"""Files, from a visitor to an agent and back, and to nobody else."""

import asyncio
import base64
import json
from typing import Any

import websockets

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually, new_chat, text_update
from tests.e2e.test_erasure import everything
from tests.patience import PATIENCE

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2_000


async def frame_with_files(socket: Any, kind: str) -> Any:
    async with asyncio.timeout(20 * PATIENCE):
        while True:
            frame = json.loads(await socket.recv())
            if frame["type"] == kind and frame.get("attachments"):
                return frame["attachments"][0]


async def row_of(parley: Parley, admin: Any, session_id: str) -> Any:
    page = await admin.request("GET", "/api/v1/conversations?channel=widget&page_size=100")
    return next((row for row in page["items"] if row["session_id"] == session_id), None)


async def test_files_go_both_ways_and_an_id_opens_nothing_elsewhere(parley: Parley) -> None:
    """CVE-2026-48616: a file that is not bound to its conversation."""
    one, two = (f"{gateway}/api/v1" for gateway in parley.gateways)
    opened = await parley.http.post(
        f"{one}/widget/sessions", json={"connection_id": account.WIDGET_CONNECTION, "name": "Vera"}
    )
    session = opened.json()
    visitor = {"Authorization": f"Bearer {session['token']}"}
    files = {"file": ("lid.png", PNG)}
    sent = (await parley.http.post(f"{one}/widget/attachments", files=files, headers=visitor)).json()
    address = parley.gateways[1].replace("http", "ws", 1) + f"/ws/widget?token={session['token']}"
    async with websockets.connect(address, proxy=None) as socket, parley.console() as admin:
        frame = {"type": "message", "client_message_id": "1", "content": "", "attachments": [sent["id"]]}
        await socket.send(json.dumps(frame))
        row = await eventually(lambda: row_of(parley, admin, session["session_id"]), "the conversation")
        team = {"Authorization": f"Bearer {admin.token}"}
        mine = f"{two}/conversations/{row['id']}"
        got = await parley.http.get(f"{mine}/attachments/{sent['id']}", headers=team)
        assert (got.status_code, got.content) == (200, PNG)
        part = {**team, "Range": "bytes=300000-300009"}
        got = await parley.http.get(f"{mine}/attachments/{sent['id']}", headers=part)
        assert (got.status_code, got.content) == (206, PNG[300_000:300_010])

        # Back to the visitor.
        up = await parley.http.post(f"{one}/conversations/{row['id']}/attachments", files=files, headers=team)
        body = {"body": "Like this one?", "attachments": [up.json()["id"]]}
        replied = await parley.http.post(
            f"{mine}/reply", json=body, headers={**team, "Prefer": "respond-async"}
        )
        assert replied.status_code == 202, replied.text
        back = await frame_with_files(socket, "agent_message")
        assert (back["filename"], back["size"]) == ("lid.png", len(PNG))
        got = await parley.http.get(f"{two}/widget/attachments/{back['file_id']}", headers=visitor)
        assert got.content == PNG

        # Elsewhere neither read nor named.
        chat = new_chat()
        await parley.webhook(text_update(chat, "hello", 1))
        other = await eventually(lambda: parley.conversation_of(admin, chat), "another conversation")
        theirs = f"{one}/conversations/{other['id']}"
        for file_id in (sent["id"], back["file_id"]):
            got = await parley.http.get(f"{theirs}/attachments/{file_id}", headers=team)
            assert got.status_code == 404
            body = {"body": "x", "attachments": [file_id]}
            refused = await parley.http.post(f"{theirs}/reply", json=body, headers=team)
            assert refused.status_code == 422
        stranger = (
            await parley.http.post(
                f"{one}/widget/sessions", json={"connection_id": account.WIDGET_CONNECTION, "name": "Eve"}
            )
        ).json()
        got = await parley.http.get(
            f"{one}/widget/attachments/{sent['id']}",
            headers={"Authorization": f"Bearer {stranger['token']}"},
        )
        assert got.status_code == 404

        # Erased with the contact.
        contact = row["contact"]["id"]
        erasing = await parley.http.delete(f"{one}/contacts/{contact}", headers=team)
        erasure = f"/api/v1/erasures/{erasing.json()['id']}"

        async def done() -> bool:
            return bool((await admin.request("GET", erasure))["status"] == "done")

        await eventually(done, "the erasure")
        assert (await parley.http.get(f"{mine}/attachments/{sent['id']}", headers=team)).status_code == 404
    assert "lid.png" not in await asyncio.to_thread(everything, parley)


async def test_a_file_that_somebody_sends_on_telegram_is_read_here(parley: Parley) -> None:
    chat = new_chat()
    content = base64.b64encode(PNG).decode()
    document = {"content_base64": content, "file_name": "broken.png", "mime_type": "application/x-evil"}
    await parley.bot.write(chat, None, document=document, caption="look", wait=True)
    async with parley.console() as admin:
        row = await eventually(lambda: parley.conversation_of(admin, chat), "the conversation")

        async def came() -> Any:
            messages = (await parley.thread(admin, row["id"]))["messages"]
            files = [file for one in messages for file in one["attachments"]]
            return files[0] if files and files[0]["file_id"] else None

        file = await eventually(came, "the file")
        assert (file["content_type"], file["size"], file["filename"]) == ("image/png", len(PNG), "broken.png")
        got = await parley.http.get(
            f"{parley.gateways[0]}/api/v1/conversations/{row['id']}/attachments/{file['file_id']}",
            headers={"Authorization": f"Bearer {admin.token}"},
        )
        assert got.content == PNG
