"""Contacts over the running gateway."""

from typing import Any

import httpx

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually, new_chat

ANA = account.PEOPLE[0]


async def call(
    parley: Parley, console: Any, method: str, path: str, body: Any = None, **headers: str
) -> httpx.Response:
    """A request whose refusal is looked at."""
    return await parley.http.request(
        method,
        f"{parley.gateways[0]}/api/v1{path}",
        json=body,
        headers={"Authorization": f"Bearer {console.token}", **headers},
    )


async def conversation_with(parley: Parley, console: Any, chat: int) -> Any:
    """A conversation that a new person on Telegram begins."""
    await parley.bot.write(chat, "How long does delivery take?", wait=True)
    return await eventually(lambda: parley.conversation_of(console, chat), "the conversation")


async def test_a_contact_is_found_read_and_renamed(parley: Parley) -> None:
    chat = new_chat()
    async with parley.console() as admin:
        contact_id = (await conversation_with(parley, admin, chat))["contact"]["id"]
        found = (await call(parley, admin, "GET", f"/contacts?search={chat}")).json()["items"]
        assert [one["id"] for one in found] == [contact_id]
        assert found[0]["aliases"] == [{"connection_id": account.TELEGRAM_CONNECTION, "alias": str(chat)}]

        change = {
            "name": f"Zelda {chat}",
            "value": 1200.5,
            "attributes": {"plan": "pro"},
            "email": "z@y.test",
        }
        key = {"Idempotency-Key": f"rename-{chat}"}
        changed = await call(parley, admin, "PATCH", f"/contacts/{contact_id}", change, **key)
        assert changed.status_code == 200
        again = await call(parley, admin, "PATCH", f"/contacts/{contact_id}", change, **key)
        assert again.json() == changed.json()
        assert (await call(parley, admin, "GET", f"/contacts/{contact_id}")).json() == changed.json()
        assert {name: changed.json()[name] for name in change} == change

        async def renamed() -> bool:
            row = await parley.conversation_of(admin, chat)
            return row is not None and row["contact"]["name"] == f"Zelda {chat}"

        await eventually(renamed, "the new name on the conversation")
        cleared = await call(parley, admin, "PATCH", f"/contacts/{contact_id}", {"value": None})
        assert cleared.json()["value"] is None
        search = (await call(parley, admin, "GET", f"/contacts?search=zelda%20{chat}")).json()
        assert [one["id"] for one in search["items"]] == [contact_id]


async def test_pages_of_contacts_follow_one_another(parley: Parley) -> None:
    chats = [new_chat() for _ in range(3)]
    async with parley.console(ANA) as ana:
        for chat in chats:
            await conversation_with(parley, ana, chat)
        seen: list[str] = []
        cursor = ""
        while True:
            page = (await call(parley, ana, "GET", f"/contacts?page_size=2{cursor}")).json()
            seen += [one["id"] for one in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert len(seen) == len(set(seen)) >= 3
        bad = await call(parley, ana, "GET", "/contacts?cursor=nonsense!")
        assert (bad.status_code, bad.json()["code"]) == (400, "invalid")
        unknown = await call(parley, ana, "GET", "/contacts/nobody")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
        refused = await call(parley, ana, "PATCH", "/contacts/nobody", {"alias": "x"})
        assert refused.status_code == 422


async def test_two_contacts_become_one_for_good(parley: Parley) -> None:
    old, new = new_chat(), new_chat()
    async with parley.console() as admin:
        source = (await conversation_with(parley, admin, old))["contact"]["id"]
        target = (await conversation_with(parley, admin, new))["contact"]["id"]
        for _ in range(2):
            merged = await call(parley, admin, "POST", f"/contacts/{source}/merge", {"into": target})
            assert merged.status_code == 200
            assert merged.json()["id"] == target
            assert {one["alias"] for one in merged.json()["aliases"]} == {str(old), str(new)}

        async def moved() -> bool:
            page = await admin.request("GET", f"/api/v1/conversations?lead_id={target}")
            return {row["session_id"] for row in page["items"]} == {f"tg:{old}", f"tg:{new}"}

        await eventually(moved, "both conversations with the one contact")
        await parley.bot.write(old, "And how long is the warranty?", wait=True)

        async def arrived() -> bool:
            row = await parley.conversation_of(admin, old)
            assert row is not None
            thread = await parley.thread(admin, row["id"])
            said = [one for one in thread["messages"] if "warranty" in one["content"]]
            return bool(said) and said[0]["sender"]["id"] == target

        await eventually(arrived, "a message of the old alias from the merged contact")
        assert (await call(parley, admin, "GET", f"/contacts/{source}")).json()["id"] == target
        itself = await call(parley, admin, "POST", f"/contacts/{target}/merge", {"into": target})
        assert (itself.status_code, itself.json()["code"]) == (422, "invalid")
        nobody = await call(parley, admin, "POST", f"/contacts/{target}/merge", {"into": "nobody"})
        assert nobody.status_code == 404
