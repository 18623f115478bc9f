"""The audit trail from outside: what people did, and what they were refused."""

from deploy.local.demo import account
from deploy.local.demo.console import AgentConsole, JsonObject
from tests.e2e.parley import Parley, eventually

ANA, UMA = account.PEOPLE[0], account.PEOPLE[6]


async def test_what_people_do_and_are_refused_is_in_the_trail_without_a_word(parley: Parley) -> None:
    first = parley.gateways[0]

    async def log_in(person: account.DemoPerson, password: str) -> JsonObject:
        body = {"email": person.email, "password": password}
        return dict((await parley.http.post(f"{first}/auth/login", json=body)).json())

    await log_in(ANA, "wrong")
    uma = {"Authorization": f"Bearer {(await log_in(UMA, UMA.password))['access_token']}"}
    ana = {"Authorization": f"Bearer {(await log_in(ANA, ANA.password))['access_token']}"}
    opening = {"department": "IT", "subject": "canary", "content": "A canary word."}
    ticket = (await parley.http.post(f"{first}/tickets", json=opening, headers=uma)).json()["id"]
    hidden = await parley.http.post(f"{first}/api/v1/conversations/{ticket}/close", json={}, headers=ana)
    assert hidden.status_code == 404
    assert (await parley.http.get(f"{first}/api/v1/audit", headers=ana)).status_code == 403

    async with parley.console() as admin:

        async def found(console: AgentConsole = admin, **filters: str) -> list[JsonObject]:
            asked = "&".join(f"{name}={value}" for name, value in filters.items())
            page = await console.request("GET", f"/api/v1/audit?{asked}")
            assert "canary" not in str(page)
            assert ANA.email not in str(page)
            return list(page["items"])

        (opened,) = await found(target=ticket, action="open_ticket")
        assert (opened["actor_id"], opened["result"], len(opened["trace_id"])) == (UMA.id, "done", 32)
        (closed,) = await found(target=ticket, result="refused")
        assert (closed["actor_id"], closed["code"]) == (ANA.id, "not_found")

        async def refusals() -> bool:
            of_ana = await found(actor_id=ANA.id, result="refused")
            actions = {one["action"] for one in of_ana}
            return {"log_in", "listAudit"} <= actions

        await eventually(refusals, "refused log-ins and routes are in the trail")
        assert await found(actor_id=UMA.id, action="log_in", result="done")
