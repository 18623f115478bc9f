"""An administrator sets the account up over the running gateway."""

import json
from uuid import uuid4

from deploy.local.demo import account
from tests.e2e.parley import ADMIN, Parley, eventually
from tests.e2e.test_contacts import call
from tests.e2e.test_knowledge import kb
from tests.e2e.test_tickets import caller

ANA = account.PEOPLE[0]
UMA = account.PEOPLE[6]
TOKEN = "990088:the-token-of-a-bot-that-leaves-again-00"
PASSWORD = "eli-starts-on-monday"


async def test_a_department_gets_its_default_chatbot_and_goes_again(parley: Parley) -> None:
    name = f"Returns-{uuid4().hex[:8]}"
    async with parley.console() as admin, parley.console(ANA) as ana:
        body = {"id": name, "default_chatbot_id": account.CHATBOT_ID, "agent_limit": 5}
        made = await call(parley, admin, "POST", "/departments", body)
        assert (made.status_code, made.json()["default_chatbot_id"]) == (201, account.CHATBOT_ID)
        twice = await call(parley, admin, "POST", "/departments", body)
        assert (twice.status_code, twice.json()["code"]) == (409, "conflict")
        ghost = await call(parley, admin, "PATCH", f"/departments/{name}", {"default_chatbot_id": "ghost"})
        assert (ghost.status_code, ghost.json()["code"]) == (422, "invalid")
        changed = await call(parley, admin, "PATCH", f"/departments/{name}", {"agent_limit": None})
        assert changed.json() == made.json() | {"agent_limit": None}
        seen = await call(parley, ana, "GET", f"/departments/{name}")
        assert seen.json() == changed.json()
        assert changed.json() in (await call(parley, ana, "GET", "/account")).json()["departments"]
        refused = await call(parley, ana, "DELETE", f"/departments/{name}")
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        used = await call(parley, admin, "DELETE", "/departments/Orders")
        assert (used.status_code, used.json()["code"]) == (409, "conflict")
        assert (await call(parley, admin, "DELETE", f"/departments/{name}")).status_code == 200
        assert (await call(parley, ana, "GET", f"/departments/{name}")).status_code == 404


async def test_a_chatbot_is_set_up_takes_a_ticket_and_goes_again(parley: Parley) -> None:
    dora, uma = await caller(parley, ADMIN), await caller(parley, UMA)
    body = {"name": "Desk", "mode": "off", "department": "HR", "handoff_keywords": ["lawyer"]}
    made = await dora.done("POST", "/api/v1/chatbots", body)
    path = f"/api/v1/chatbots/{made['id']}"
    changed = await dora.done("PATCH", path, {"instructions": "Be brief.", "department": None})
    assert changed == made | {"instructions": "Be brief.", "department": None}
    assert await dora.done("GET", path) == changed
    assert changed in (await dora.done("GET", "/api/v1/chatbots?page_size=100"))["items"]
    ticket = {"department": "HR", "subject": "Contract", "content": "Mine?", "chatbot_id": made["id"]}
    opened = await uma.done("POST", "/tickets", ticket)
    assert opened["status"] == "assigned"
    used = await dora("DELETE", path)
    assert (used.status_code, used.json()["code"]) == (409, "conflict")
    await uma.done("POST", f"/tickets/{opened['id']}/resolve")
    await dora.done("POST", f"/tickets/{opened['id']}/close")
    await dora.done("DELETE", path)
    assert (await dora("GET", path)).status_code == 404


async def test_a_chatbot_takes_its_connections_and_documents_along(parley: Parley) -> None:
    await parley.standin.register_telegram_bot(TOKEN, username="leaving_bot", first_name="Leaving")
    bot = parley.standin.telegram_bot(990088)
    dora = await caller(parley, ADMIN)
    made = await dora.done("POST", "/api/v1/chatbots", {"name": "Leaving", "mode": "off"})
    path = f"/api/v1/chatbots/{made['id']}"
    put = await parley.http.put(
        f"{parley.gateways[0]}{path}/documents/leaflet",
        content=b"# Leaflets\n\nA leaflet has two pages.",
        headers={"Authorization": f"Bearer {dora.token}", "Content-Type": "text/markdown"},
    )
    assert (put.status_code, put.json()["state"]) == (200, "indexed")
    body = {
        "chatbot_id": made["id"],
        "channel": "telegram",
        "settings": {"api_base_url": parley.stack.standins_url},
        "credentials": {"token": TOKEN},
    }
    connection = await dora.done("POST", "/api/v1/connections", body)
    assert connection["status"] == "connected"
    knowledge = ("--account", account.ACCOUNT_ID, "--chatbot", made["id"])
    assert (await kb(parley, "show", "leaflet", *knowledge))[0] == 0

    await dora.done("DELETE", path)

    async def is_disconnected() -> bool:
        now = await dora.done("GET", f"/api/v1/connections/{connection['id']}")
        return (now["status"], now["credentials"]) == ("disconnected", [])

    await eventually(is_disconnected, "its connection ends")
    told = await parley.http.get(f"{parley.stack.standins_url}/bot{TOKEN}/getWebhookInfo")
    assert told.json()["result"]["url"] == ""

    async def knows_nothing() -> bool:
        code, listed = await kb(parley, "list", *knowledge, "--json")
        return code == 0 and json.loads(listed) == []

    await eventually(knows_nothing, "its documents go", limit=40.0)
    assert (await kb(parley, "show", "leaflet", *knowledge))[0] == 1
    await bot.remove()


async def test_somebody_is_hired_moved_and_let_go(parley: Parley) -> None:
    dora = await caller(parley, ADMIN)
    email = f"eli-{uuid4().hex[:8]}@kettle.test"
    body = {"email": email, "name": "Eli", "role": "agent", "departments": ["IT"], "password": PASSWORD}
    made = await dora.done("POST", "/api/v1/people", body)
    path = f"/api/v1/people/{made['id']}"
    assert await dora.done("GET", path) == made
    assert (await dora.done("GET", f"/api/v1/people?search={email[:9]}"))["items"] == [made]
    person = account.DemoPerson(made["id"], "Eli", email, PASSWORD, "agent", ("IT",))
    eli = await caller(parley, person)
    assert (await eli("GET", "/api/v1/people")).status_code == 403
    assert (await dora.done("PATCH", path, {"departments": ["HR"]}))["departments"] == ["HR"]

    async def is_out() -> bool:
        return (await eli("GET", "/api/v1/departments")).status_code == 401

    await eventually(is_out, "who loses a department is logged out")
    taken = await dora("POST", "/api/v1/people", body)
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")
    for method, answer in (("DELETE", 403), ("PATCH", 403)):
        itself = await dora(method, f"/api/v1/people/{ADMIN.id}", {"role": "agent"})
        assert itself.status_code == answer
    await dora.done("DELETE", path)
    again = await parley.http.post(
        f"{parley.gateways[0]}/auth/login", json={"email": email, "password": PASSWORD}
    )
    assert again.status_code == 401
    assert (await dora("GET", path)).status_code == 404
