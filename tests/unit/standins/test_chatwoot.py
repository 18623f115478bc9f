"""The Chatwoot stand-in over a real socket, as a service's own code calls it and is called by it."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from libs.standins.chatwoot import ChatwootAccount, ChatwootStandin
from libs.standins.errors import StandinError
from tests.unit.standins.hooks import Hook

TOKEN, BOT, SECRET = "user-token", "bot-token", "webhook-secret"


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[ChatwootStandin]:
    async with ChatwootStandin.running(speed_up=10_000) as standin:
        yield standin


@pytest.fixture
async def account(running: ChatwootStandin, hook: Hook) -> AsyncIterator[ChatwootAccount]:
    yield running.register(
        {"account_id": 3, "token": TOKEN, "bot_token": BOT, "secret": SECRET, "webhook_url": hook.url}
    )
    await running.reset()


@pytest.fixture
def conversation(account: ChatwootAccount) -> int:
    contact = account.state.add_contact(name="Jo", email="jo@sample.test")
    return account.state.add_conversation(contact, 12, "pending").id


@pytest.fixture
async def api(running: ChatwootStandin) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"{running.base_url}/api/v1/accounts/3",
        headers={"api_access_token": TOKEN},
        timeout=5,
        trust_env=False,
    ) as client:
        yield client


def events(hook: Hook) -> list[dict[str, Any]]:
    return [json.loads(post.body) for post in hook.posts]


async def test_a_message_to_a_conversation_and_its_signed_echo(
    api: httpx.AsyncClient, account: ChatwootAccount, conversation: int, hook: Hook
) -> None:
    answer = await api.post(
        f"/conversations/{conversation}/messages", json={"content": "It ships.", "echo_id": "e1"}
    )
    message = answer.json()
    assert (message["message_type"], message["conversation_id"], message["echo_id"]) == (
        1,
        conversation,
        "e1",
    )
    assert isinstance(message["created_at"], int)
    [post] = await hook.wait_for(1)
    moment = post.headers["x-chatwoot-timestamp"]
    digest = hmac.new(SECRET.encode(), moment.encode() + b"." + post.body, hashlib.sha256).hexdigest()
    assert post.headers["x-chatwoot-signature"] == f"sha256={digest}"
    [event] = events(hook)
    assert (event["event"], event["message_type"], event["id"]) == (
        "message_created",
        "outgoing",
        message["id"],
    )
    assert event["created_at"].endswith("Z")
    assert event["conversation"]["id"] == conversation
    assert event["sender"]["type"] == "user"


async def test_what_somebody_writes(account: ChatwootAccount, hook: Hook) -> None:
    posting = account.people.write({"text": "Wo ist es?", "name": "Jo", "email": "jo@sample.test"})
    assert await posting.wait(5)
    [event] = events(hook)
    assert (event["message_type"], event["conversation"]["status"]) == ("incoming", "pending")
    assert event["conversation"]["messages"][0]["message_type"] == 0
    display_id = event["conversation"]["id"]
    assert await account.people.set_status({"conversation_id": display_id, "status": "resolved"}).wait(5)
    assert await account.people.write({"text": "Still?", "conversation_id": display_id}).wait(5)
    assert events(hook)[-1]["conversation"]["status"] == "pending"
    assert await account.people.answer({"conversation_id": display_id, "text": "note", "private": True}).wait(
        5
    )
    assert (events(hook)[-1]["private"], events(hook)[-1]["sender"]["type"]) == (True, "user")
    assert await account.people.payload({"payload": {"event": "webwidget_triggered"}}).wait(5)


async def test_the_database_s_id_is_none(
    api: httpx.AsyncClient, account: ChatwootAccount, conversation: int
) -> None:
    database_id = account.state.conversations[conversation].database_id
    answer = await api.post(f"/conversations/{database_id}/messages", json={"content": "x"})
    assert (answer.status_code, answer.json()) == (404, {"error": "Resource could not be found"})


async def test_files(api: httpx.AsyncClient, account: ChatwootAccount, conversation: int) -> None:
    path = f"/conversations/{conversation}/messages"
    files = [("attachments[]", (f"{n}.txt", b"x", "text/plain")) for n in range(2)]
    assert len((await api.post(path, files=files, data={"private": "true"})).json()["attachments"]) == 2
    many = [("attachments[]", (f"{n}.txt", b"x", "text/plain")) for n in range(16)]
    assert (await api.post(path, files=many)).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": 7},
        {"content": "x" * 150_001},
        {"content": "x", "attachments[]": ["not a file"]},
    ],
)
async def test_messages_that_do_not_fit(
    api: httpx.AsyncClient, account: ChatwootAccount, conversation: int, body: dict[str, Any]
) -> None:
    answer = await api.post(f"/conversations/{conversation}/messages", json=body)
    assert answer.status_code == 422
    assert account.sent.after() == []


async def test_incoming_messages_are_for_api_inboxes(
    running: ChatwootStandin, api: httpx.AsyncClient, account: ChatwootAccount, conversation: int
) -> None:
    running.register({"account_id": 3, "channel": "Channel::Email"})
    body = {"content": "x", "message_type": "incoming"}
    assert (await api.post(f"/conversations/{conversation}/messages", json=body)).status_code == 403


async def test_tokens(
    running: ChatwootStandin, api: httpx.AsyncClient, account: ChatwootAccount, conversation: int
) -> None:
    running.register({"account_id": 4, "token": "of-another"})
    path = f"/conversations/{conversation}/messages"
    for token, body in (
        ("", {"errors": ["You need to sign in or sign up before continuing."]}),
        ("unknown", {"error": "Invalid Access Token"}),
        ("of-another", {"error": "You are not authorized to do this action"}),
    ):
        answer = await api.post(path, json={"content": "x"}, headers={"api_access_token": token})
        assert (answer.status_code, answer.json()) == (401, body)
    bot = {"api_access_token": "", "Api-Access-Token": BOT}
    sent = await api.post(path, json={"content": "x"}, headers=bot)
    assert sent.json()["sender"]["type"] == "agent_bot"
    assert (await api.get("/contacts/search", params={"q": "jo"}, headers=bot)).status_code == 401


async def test_what_is_no_path_is_a_page(running: ChatwootStandin, api: httpx.AsyncClient) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        page = await client.post(f"{running.base_url}//api/v1/accounts/3/contacts", json={})
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html")


async def test_unknown_paths_and_bodies(api: httpx.AsyncClient, account: ChatwootAccount) -> None:
    assert (await api.get("/nothing")).status_code == 404
    broken = await api.post("/contacts", content="{", headers={"Content-Type": "application/json"})
    assert broken.status_code == 422


async def test_contacts_are_searched_created_and_linked(
    api: httpx.AsyncClient, account: ChatwootAccount
) -> None:
    made = await api.post("/contacts", json={"name": "Lee", "email": "lee@sample.test", "inbox_id": 12})
    contact = made.json()["payload"]["contact"]
    assert made.json()["payload"]["contact_inbox"]["source_id"]
    taken = await api.post("/contacts", json={"email": "lee@sample.test"})
    assert (taken.status_code, taken.json()["attributes"]) == (422, ["email"])
    assert (await api.post("/contacts", json={"phone_number": "0555"})).status_code == 422
    assert (await api.post("/contacts", json={"inbox_id": 99})).status_code == 404
    found = (await api.get("/contacts/search", params={"q": "sample"})).json()
    assert [one["id"] for one in found["payload"]] == [contact["id"]]
    assert (await api.get("/contacts/search", params={"q": "lee", "page": "2"})).json()["payload"] == []
    assert (await api.get("/contacts/search")).status_code == 422
    nameless = (await api.post("/contacts", json={"name": "Hidden"})).json()["payload"]["contact"]
    assert (await api.get("/contacts/search", params={"q": "hidden"})).json()["payload"] == []
    linked = await api.post(
        f"/contacts/{nameless['id']}/contact_inboxes", json={"inbox_id": 12, "source_id": "s"}
    )
    assert linked.json()["source_id"] == "s"
    assert (await api.post("/contacts/1/contact_inboxes", json={"inbox_id": 12})).status_code == 404


async def test_conversations_are_created_changed_and_shown(
    running: ChatwootStandin, api: httpx.AsyncClient, account: ChatwootAccount, conversation: int, hook: Hook
) -> None:
    contact = account.state.conversations[conversation].contact
    wanted = {"inbox_id": 12, "contact_id": contact.id, "message": {"content": "Hello"}}
    made = (await api.post("/conversations", json=wanted)).json()
    assert made["id"] != conversation
    assert account.sent.after()[-1].text == "Hello"
    running.register({"account_id": 3, "lock_to_single": True})
    again = (await api.post("/conversations", json={"inbox_id": 12, "contact_id": contact.id})).json()
    assert again["id"] == made["id"]
    assert (await api.post("/conversations", json={"inbox_id": 12, "contact_id": 1})).status_code == 404
    path = f"/conversations/{conversation}"
    toggled = await api.post(f"{path}/toggle_status", json={"status": "open"})
    assert toggled.json()["payload"]["current_status"] == "open"
    assert (await api.post(f"{path}/toggle_status", json={"status": "gone"})).status_code == 422
    assert (await api.post(f"{path}/assignments", json={"assignee_id": 8})).json()["id"] == 8
    assert (await api.post(f"{path}/assignments", json={})).status_code == 422
    assert (await api.post(f"{path}/toggle_typing_status", json={"typing_status": "on"})).status_code == 200
    assert (await api.post(f"{path}/toggle_typing_status", json={})).status_code == 422
    assert (await api.get(path)).json()["meta"]["assignee"]["id"] == 8
    assert (await api.get(f"{path}/messages")).json()["payload"] == []
    await hook.wait_for(3)
    assert {event["event"] for event in events(hook)} == {
        "conversation_created",
        "message_created",
        "conversation_status_changed",
    }


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "rate_limit", "retry_after": 2}, 429),
        ({"kind": "too_many_messages"}, 422),
        ({"kind": "server_error"}, 500),
        ({"kind": "bad_gateway"}, 502),
        ({"kind": "unauthorized", "body": "missing"}, 401),
        ({"kind": "conversation_gone"}, 404),
        ({"kind": "html"}, 200),
        ({"kind": "error", "status": 402, "error": "limit"}, 402),
    ],
)
async def test_faults(
    api: httpx.AsyncClient,
    account: ChatwootAccount,
    conversation: int,
    fault: dict[str, Any],
    status: int,
) -> None:
    account.add_fault(**fault)
    answer = await api.post(f"/conversations/{conversation}/messages", json={"content": "x"})
    assert answer.status_code == status
    assert account.sent.after() == []
    assert answer.headers.get("retry-after") == ("2" if "retry_after" in fault else None)


async def test_a_channel_that_takes_nothing_more_fails_the_message_later(
    api: httpx.AsyncClient, account: ChatwootAccount, conversation: int, hook: Hook
) -> None:
    account.people.set_conversation({"conversation_id": conversation, "can_reply": False})
    path = f"/conversations/{conversation}/messages"
    assert (await api.post(path, json={"content": "x"})).json()["status"] == "failed"
    await hook.wait_for(2)
    assert {event["event"] for event in events(hook)} == {"message_created", "message_updated"}
    account.people.set_conversation({"conversation_id": conversation, "gone": True})
    assert (await api.post(path, json={"content": "x"})).status_code == 404


async def test_account_webhooks_come_once_and_those_of_a_bot_three_times(
    running: ChatwootStandin, account: ChatwootAccount, hook: Hook
) -> None:
    hook.script = [500]
    lost = account.people.write({"text": "a"})
    assert await lost.wait(5)
    assert (lost.state, len(lost.attempts)) == ("given_up", 1)
    running.register({"account_id": 3, "hooks": ["agent_bot"]})
    hook.script = [429, 500, 500]
    bot = account.people.write({"text": "b"})
    assert await bot.wait(5)
    assert (bot.state, len(bot.attempts)) == ("given_up", 3)
    deliveries = {post.headers["x-chatwoot-delivery"] for post in hook.posts[1:4]}
    assert len(deliveries) == 1
    running.register({"account_id": 3, "hooks": ["account", "agent_bot"]})
    account.people.write({"text": "c"})
    posts = await hook.wait_for(6)
    assert posts[4].body == posts[5].body
    assert posts[4].headers["x-chatwoot-delivery"] != posts[5].headers["x-chatwoot-delivery"]


async def test_old_installations_sign_nothing(running: ChatwootStandin, hook: Hook) -> None:
    old = running.register({"account_id": 9, "token": "t", "webhook_url": hook.url})
    assert await old.people.write({"text": "a"}).wait(5)
    assert "x-chatwoot-signature" not in hook.posts[0].headers
    assert old.as_json()["signed"] is False
    await running.reset()


async def test_what_cannot_be(running: ChatwootStandin, conversation: int, account: ChatwootAccount) -> None:
    for settings in (
        {"account_id": "x", "token": "t"},
        {"account_id": 5, "token": "t", "hooks": ["inbox"]},
        {"account_id": 5, "token": "t", "first_status": "new"},
    ):
        with pytest.raises(StandinError):
            running.register(settings)
    quiet = running.register({"account_id": 5, "token": "t"})
    other = quiet.state.add_conversation(quiet.state.add_contact(name="x"), 12, "open").id
    for action in (
        lambda: quiet.people.write({"text": "a"}),
        lambda: quiet.people.set_status({"conversation_id": other, "status": "open"}),
        lambda: account.people.set_status({"conversation_id": conversation, "status": "gone"}),
        lambda: account.people.answer({"conversation_id": 1, "text": "a"}),
    ):
        with pytest.raises(StandinError):
            action()
