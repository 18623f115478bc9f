"""Two conversations of one person become one, over the running gateway."""

from typing import Any

from deploy.local.demo.console import AgentConsole
from tests.e2e.parley import Parley, eventually, new_chat
from tests.e2e.test_contacts import call, conversation_with


async def two_of_one_contact(parley: Parley, admin: AgentConsole) -> tuple[int, Any, int, Any]:
    """Two chats whose contacts were merged, with their conversations."""
    chats = new_chat(), new_chat()
    old, new = [await conversation_with(parley, admin, chat) for chat in chats]
    into = {"into": new["contact"]["id"]}
    merged = await call(parley, admin, "POST", f"/contacts/{old['contact']['id']}/merge", into)
    assert merged.status_code == 200

    async def one_contact() -> bool:
        found = await parley.thread(admin, old["id"])
        return bool(found["conversation"]["contact"]["id"] == new["contact"]["id"])

    await eventually(one_contact, "the conversation with the merged contact")
    return chats[0], old, chats[1], new


async def test_two_conversations_become_one_and_what_comes_later_lands_there(parley: Parley) -> None:
    async with parley.console() as admin:
        chat, old, _, new = await two_of_one_contact(parley, admin)
        apart = [len((await parley.thread(admin, one["id"]))["messages"]) for one in (old, new)]
        body, key = {"into": new["id"]}, {"Idempotency-Key": f"merge-{old['id']}"}
        for _ in range(2):
            merged = await call(parley, admin, "POST", f"/conversations/{old['id']}/merge", body, **key)
            assert (merged.status_code, merged.json()["id"]) == (200, new["id"])
            assert merged.json()["merged"] == [old["id"]]
        frame = await admin.frame("conversation:merged", lambda one: one["conversation_id"] == old["id"])
        assert frame["into_conversation_id"] == new["id"]
        frame = await admin.frame("conversation:took_in", lambda one: one["conversation_id"] == new["id"])
        assert frame["merged_conversation_id"] == old["id"]

        await parley.bot.write(chat, "And how long is the warranty?", wait=True)

        async def arrived() -> Any:
            found = await parley.thread(admin, new["id"])
            said = [one["content"] for one in found["messages"]]
            # With what the AI makes of it, so that nothing comes between two looks.
            return found if any("warranty" in one for one in said[:-1]) else None

        found = await eventually(arrived, "the later message in the other conversation, and its answer")
        messages = found["messages"]
        assert len(messages) >= sum(apart) + 1
        assert [one["created_at"] for one in messages] == sorted(one["created_at"] for one in messages)
        said = next(one for one in messages if "warranty" in one["content"])
        assert said["conversation_id"] == new["id"]
        assert any(one["reason"] == f"merged from {old['id']}" for one in found["timeline"])

        page = await call(parley, admin, "GET", f"/conversations/{new['id']}?limit=1")
        earlier = f"/conversations/{new['id']}?limit=1&cursor={page.json()['previous_cursor']}"
        found_earlier = (await call(parley, admin, "GET", earlier)).json()["messages"]
        assert [one["id"] for one in found_earlier] == [messages[-2]["id"]]
        bad = await call(parley, admin, "GET", f"/conversations/{new['id']}?cursor=!")
        assert (bad.status_code, bad.json()["code"]) == (400, "invalid")

        part = (await parley.thread(admin, old["id"]))["conversation"]
        assert (part["merged_into"], part["status"]) == (new["id"], "archived")
        assert await parley.conversation_of(admin, chat) is None
        refused = await call(parley, admin, "POST", f"/conversations/{old['id']}/reopen")
        assert (refused.status_code, refused.json()["code"]) == (409, "conversation_merged")
        assert refused.json()["conversation_id"] == new["id"]
        trail = await call(parley, admin, "GET", f"/audit?action=merge_conversations&target={old['id']}")
        (entry,) = trail.json()["items"]
        assert entry["targets"]["into_conversation"] == new["id"]


async def test_what_does_not_belong_together_is_not_merged(parley: Parley) -> None:
    async with parley.console() as admin:
        one, other = [await conversation_with(parley, admin, new_chat()) for _ in range(2)]
        for into, status, code in (
            (one["id"], 422, "invalid"),
            (other["id"], 422, "invalid"),
            ("nobody", 404, "not_found"),
        ):
            refused = await call(parley, admin, "POST", f"/conversations/{one['id']}/merge", {"into": into})
            assert (refused.status_code, refused.json()["code"]) == (status, code)
