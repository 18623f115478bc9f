"""After an erasure nothing of the person is left in any of the databases, whatever died meanwhile."""

import asyncio
from typing import Any

import pytest
from pymongo import MongoClient

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually, new_chat, text_update
from tests.e2e.test_contacts import call

NAME = "Quillon Featherbottom"
PHONE = "+49 30 7770199"
WORDS = "xylophonic marmalade"


def everything(parley: Parley) -> str:
    """All documents of all databases of this stack, as text."""
    prefix = parley.stack.extra_env["PARLEY_DATABASE_PREFIX"]
    found = []
    client: MongoClient[dict[str, Any]]
    with MongoClient(parley.stack.mongodb_url) as client:
        names = [name for name in client.list_database_names() if name.startswith(prefix)]
        assert len(names) == 6  # the services', and that of files
        for name in names:
            for collection in client[name].list_collection_names():
                found += [f"{name}.{collection}: {row}" for row in client[name][collection].find()]
    return "\n".join(found)


async def told(parley: Parley, admin: Any, chat: int) -> Any:
    """A conversation in which somebody left personal data in every way there is."""
    await parley.known_chat(chat)
    for number, text in enumerate((f"{WORDS}: call {PHONE}", f"I want to talk to a human, {WORDS}")):
        update = text_update(chat, text, number + 1)
        update["message"]["from"]["first_name"] = NAME
        assert (await parley.webhook(update)).status_code == 200
    odd = {"update_id": chat % (1 << 31), "something_new": {"from": {"id": chat}, "text": WORDS}}
    assert (await parley.webhook(odd)).status_code == 200

    async def handed_off() -> Any:
        row = await parley.conversation_of(admin, chat)
        return row if row is not None and row["status"] == "handed_off" else None

    row = await eventually(handed_off, "the handoff")
    body = {
        "chatbot_id": account.CHATBOT_ID,
        "channel": "telegram",
        "to": str(chat),
        "content": f"Dear {NAME}, {WORDS}",
    }
    key = {"Idempotency-Key": f"canary-{chat}"}
    assert (await call(parley, admin, "POST", "/conversations", body, **key)).status_code == 201
    change = {"phone": PHONE, "attributes": {"note": WORDS}}
    assert (
        await call(parley, admin, "PATCH", f"/contacts/{row['contact']['id']}", change)
    ).status_code == 200
    return row


async def finished(parley: Parley, admin: Any, erasure_id: str) -> Any:
    async def done() -> Any:
        answer = await call(parley, admin, "GET", f"/erasures/{erasure_id}")
        return answer.json() if answer.status_code == 200 and answer.json()["status"] == "done" else None

    return await eventually(done, "the erasure", limit=60)


async def test_nothing_of_an_erased_person_is_left_in_any_database(parley: Parley) -> None:
    chat = new_chat()
    async with parley.console() as admin:
        row = await told(parley, admin, chat)
        contact = row["contact"]["id"]
        await parley.bot.wait_for_messages(2, chat_id=chat, seconds=20)
        before = await asyncio.to_thread(everything, parley)
        for canary in (NAME, PHONE, WORDS, str(chat)):
            assert canary in before

        erasure = await call(parley, admin, "DELETE", f"/contacts/{contact}")
        assert erasure.status_code == 202
        done = await finished(parley, admin, erasure.json()["id"])
        assert (done["waiting_for"], done["conversations"], done["contact_id"]) == ([], 1, contact)
        assert (await call(parley, admin, "DELETE", f"/contacts/{contact}")).json() == done

        after = await asyncio.to_thread(everything, parley)
        for canary in (NAME, PHONE, WORDS, str(chat)):
            assert [line[:300] for line in after.splitlines() if canary in line] == []

        thread = await parley.thread(admin, row["id"])
        assert thread["conversation"]["status"] == "closed"
        assert {one["content"] for one in thread["messages"]} == {""}
        assert (await call(parley, admin, "GET", f"/contacts/{contact}")).status_code == 404

        await parley.webhook(text_update(chat, "How long does delivery take?", 9))
        again = await eventually(lambda: parley.conversation_of(admin, chat), "the new conversation")
        assert again["id"] != row["id"]
        assert again["contact"]["id"] != contact


@pytest.mark.parametrize("service", ["gateway", "conversation", "delivery", "ai", "notify"])
async def test_an_erasure_survives_the_death_of_a_service(parley: Parley, service: str) -> None:
    chat = new_chat()
    supervisor = parley.stack.supervisor
    names = [name for name in parley.stack.names if name == service or name.startswith(f"{service}-")]
    async with parley.console() as admin:
        row = await told(parley, admin, chat)
        if service not in {"gateway", "conversation"}:
            await asyncio.gather(*(supervisor.kill(name) for name in names))
        erasure = await call(parley, admin, "DELETE", f"/contacts/{row['contact']['id']}")
        assert erasure.status_code == 202
        if service in {"gateway", "conversation"}:
            await asyncio.gather(*(supervisor.kill(name) for name in names))
        await asyncio.gather(*(supervisor.restart(name) for name in names))
    async with parley.console() as admin:
        await finished(parley, admin, erasure.json()["id"])
    after = await asyncio.to_thread(everything, parley)
    assert [line[:300] for line in after.splitlines() if str(chat) in line] == []


async def test_an_erasure_is_for_admins(parley: Parley) -> None:
    async with parley.console(account.PEOPLE[0]) as ana, parley.console() as admin:
        assert (await call(parley, ana, "DELETE", "/contacts/x")).status_code == 403
        assert (await call(parley, ana, "GET", "/erasures/x")).status_code == 403
        assert (await call(parley, admin, "DELETE", "/contacts/x")).status_code == 404
        assert (await call(parley, admin, "GET", "/erasures/x")).status_code == 404
