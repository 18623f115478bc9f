"""Automatic assignment and presence over the running stack, with two replicas of everything."""

from typing import Any
from uuid import uuid4

from deploy.local.demo import account
from tests.e2e.parley import ADMIN, Parley, eventually
from tests.e2e.test_tickets import UMA, Caller, caller

PASSWORD = "nia-is-always-there"


async def hired(dora: Caller, department: str) -> account.DemoPerson:
    email = f"nia-{uuid4().hex[:8]}@kettle.test"
    body = {"email": email, "name": "Nia", "role": "agent", "departments": [department]}
    made = await dora.done("POST", "/api/v1/people", body | {"password": PASSWORD})
    return account.DemoPerson(made["id"], "Nia", email, PASSWORD, "agent", (department,))


async def test_what_waits_goes_to_who_comes_and_no_limit_is_passed(parley: Parley) -> None:
    dora, uma = await caller(parley, ADMIN), await caller(parley, UMA)
    name = f"Desk-{uuid4().hex[:8]}"
    settings = {"id": name, "auto_assign": True, "agent_limit": 1}
    bot = await dora.done("POST", "/api/v1/chatbots", {"name": "Desk", "mode": "off"})
    await dora.done("POST", "/api/v1/departments", settings | {"default_chatbot_id": bot["id"]})
    nia = await hired(dora, name)

    async def ticket() -> str:
        body = {"department": name, "subject": "Help", "content": "Please."}
        return str((await uma.done("POST", "/tickets", body))["id"])

    async def assignees() -> list[Any]:
        return [(await uma.done("GET", f"/tickets/{one}"))["ticket"]["assignee"] for one in tickets]

    async def given(*wanted: str | None) -> None:
        async def so() -> bool:
            return await assignees() == list(wanted)

        await eventually(so, f"assigned to {wanted}")

    tickets = [await ticket(), await ticket()]
    async with parley.console() as admin:
        assert await assignees() == [None, None]
        async with parley.console(nia, gateway=1):
            came = await admin.frame("presence", lambda frame: frame["person_id"] == nia.id)
            assert (came["state"], came["name"]) == ("online", "Nia")
            listed = (await dora.done("GET", "/api/v1/presence"))["items"]
            assert {"person_id": nia.id, "name": "Nia", "departments": [name], "state": "online"} in listed
            await given(nia.id, None)
            await uma.done("POST", f"/tickets/{tickets[0]}/resolve")
            await given(nia.id, nia.id)
            tickets.append(await ticket())
        await admin.frame(
            "presence", lambda frame: frame["person_id"] == nia.id and frame["state"] == "offline"
        )
        assert (await assignees())[2] is None
    await dora.done("DELETE", f"/api/v1/people/{nia.id}")
    # What she had and is not closed is nobody's: who is gone could neither close it nor take it up again.
    await given(None, None, None)
