"""Failures that systems of this kind are known for, each shown not to be ours, from outside."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
import websockets

from deploy.local.demo import account
from deploy.local.demo.load import BOT_SECRET
from tests.e2e.parley import Parley, eventually, new_chat, text_update
from tests.patience import PATIENCE

ANA, BEN = account.PEOPLE[0], account.PEOPLE[1]
SCRIPT = "<img src=x onerror=alert(1)><script>alert(document.cookie)</script>"


async def new_conversation(parley: Parley, console: Any, text: str = "How long does delivery take?") -> Any:
    """A conversation that a new person on Telegram begins."""
    chat = new_chat()
    await parley.bot.write(chat, text, wait=True)
    return await eventually(lambda: parley.conversation_of(console, chat), "the conversation")


@pytest.mark.parametrize(
    "body",
    [
        {"email": {"$ne": None}, "password": {"$ne": None}},
        {"email": ANA.email, "password": {"$regex": ".*"}},
        {"email": [ANA.email], "password": "x"},
        {"email": ANA.email, "password": "x", "$where": "1"},
    ],
)
async def test_operator_objects_do_not_reach_the_store_through_log_in(parley: Parley, body: Any) -> None:
    """CVE-2026-45689, CVE-2021-22911."""
    answer = await parley.http.post(f"{parley.gateways[0]}/auth/login", json=body)
    assert answer.status_code == 422
    assert "access_token" not in answer.text


@pytest.mark.parametrize("query", ["status[$ne]=closed", "assignee[$gt]=", "$where=1", "lead_id[]=x"])
async def test_operator_objects_do_not_reach_the_store_through_filters(parley: Parley, query: str) -> None:
    """CVE-2021-22911, through a query."""
    async with parley.console(ANA) as ana:
        answer = await parley.http.get(
            f"{parley.gateways[0]}/api/v1/conversations?{query}",
            headers={"Authorization": f"Bearer {ana.token}"},
        )
    assert answer.status_code == 400


async def test_being_assigned_is_no_way_around_departments(parley: Parley) -> None:
    """CVE-2026-27954: a transfer or an assignment that shows a conversation to another department."""
    async with parley.console() as admin, parley.console(BEN) as ben:
        one = (await new_conversation(parley, admin))["id"]
        headers = {"Authorization": f"Bearer {admin.token}"}
        address = f"{parley.gateways[0]}/api/v1/conversations/{one}"
        moved = await parley.http.post(f"{address}/transfer", json={"department": "Orders"}, headers=headers)
        assert moved.status_code == 200
        for path, body in (
            ("assign", {"agent_id": BEN.id}),
            ("transfer", {"department": "Orders", "agent_id": BEN.id}),
        ):
            refused = await parley.http.post(f"{address}/{path}", json=body, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (422, "invalid_assignee")
        mine = {"Authorization": f"Bearer {ben.token}"}
        assert (await parley.http.get(address, headers=mine)).status_code == 404
        assert (
            await parley.http.post(f"{address}/assign", json={"agent_id": BEN.id}, headers=mine)
        ).status_code == 404


async def test_what_a_visitor_writes_is_never_served_as_a_page(parley: Parley) -> None:
    """CVE-2026-24399, CVE-2021-3741: a script in a visitor's text."""
    async with parley.console() as admin:
        one = (await new_conversation(parley, admin, SCRIPT))["id"]
        answer = await parley.http.get(
            f"{parley.gateways[0]}/api/v1/conversations/{one}",
            headers={"Authorization": f"Bearer {admin.token}", "Accept": "text/html"},
        )
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.json()["messages"][0]["content"] == SCRIPT


@pytest.mark.parametrize("change", ["missing", "truncated", "longer", "case", "empty"])
async def test_a_webhook_is_refused_unless_its_whole_secret_is_right(parley: Parley, change: str) -> None:
    """CVE-2022-31013, CVE-2024-21491: verification that is not waited for, or stops at what it was given."""
    secret = {
        "missing": None,
        "truncated": BOT_SECRET[:-1],
        "longer": BOT_SECRET + "x",
        "case": BOT_SECRET.swapcase(),
        "empty": "",
    }[change]
    chat = new_chat()
    answer = await parley.webhook(text_update(chat, "forged", 1), secret=secret)
    assert answer.status_code == 401
    async with parley.console() as admin:
        assert await parley.conversation_of(admin, chat) is None


async def test_an_id_of_another_account_is_nothing_here(parley: Parley) -> None:
    """CVE-2026-115725: a foreign id that crosses accounts. Tokens name the account; no request does."""
    async with parley.console() as admin:
        foreign = "0190f1c27a007c3b9a512f6d1c0b8e11-3fa7"
        for path in (f"/api/v1/conversations/{foreign}", "/api/v1/contacts/someone-elses"):
            answer = await parley.http.get(
                f"{parley.gateways[0]}{path}", headers={"Authorization": f"Bearer {admin.token}"}
            )
            assert answer.status_code == 404
            assert json.loads(answer.text)["code"] == "not_found"


async def test_somebody_inactive_has_neither_tokens_nor_sockets_nor_work(parley: Parley) -> None:
    """CVE-2026-30831: an account that was deactivated logged in, and used what it had, all the same."""
    first, second = parley.gateways
    email, password = f"ira-{uuid4().hex[:8]}@kettle.test", "ira-likes-oolong-tea"
    log_in = {"email": email, "password": password}
    async with parley.console() as admin:
        hired = {"email": email, "name": "Ira", "role": "agent", "departments": ["IT"], "password": password}
        ira = await admin.request("POST", "/api/v1/people", hired)
        session = (await parley.http.post(f"{first}/auth/login", json=log_in)).json()
        headers = {"Authorization": f"Bearer {session['access_token']}"}
        one = (await new_conversation(parley, admin))["id"]
        assign = {"agent_id": ira["id"]}
        await admin.request("POST", f"/api/v1/conversations/{one}/assign", assign)
        address = second.replace("http", "ws", 1) + "/ws"
        async with websockets.connect(address, additional_headers=headers, proxy=None) as socket:
            assert json.loads(await socket.recv())["type"] == "subscribed"
            gone = await admin.request("PATCH", f"/api/v1/people/{ira['id']}", {"active": False})
            assert gone["active"] is False
            async with asyncio.timeout(10 * PATIENCE):
                await socket.wait_closed()
            assert socket.close_code == 4401

        async def is_out() -> bool:
            tried = [
                await parley.http.get(f"{at}/api/v1/conversations", headers=headers) for at in parley.gateways
            ]
            return [answer.status_code for answer in tried] == [401, 401]

        async def is_nobodys() -> bool:
            thread = await parley.thread(admin, one)
            return thread["conversation"]["assignee_id"] is None

        await eventually(is_out, "the token counts nowhere")
        await eventually(is_nobodys, "what was assigned is nobody's")
        refresh = {"refresh_token": session["refresh_token"]}
        assert (await parley.http.post(f"{second}/auth/refresh", json=refresh)).status_code == 401
        assert (await parley.http.post(f"{second}/auth/login", json=log_in)).status_code == 401
        again = await parley.http.post(
            f"{first}/api/v1/conversations/{one}/assign",
            json=assign,
            headers={"Authorization": f"Bearer {admin.token}"},
        )
        assert (again.status_code, again.json()["code"]) == (422, "invalid_assignee")
        await admin.request("PATCH", f"/api/v1/people/{ira['id']}", {"active": True})
        assert (await parley.http.post(f"{second}/auth/login", json=log_in)).status_code == 200
