"""The routes of erasures, over fakes."""

from libs.contracts.conversation import Person
from libs.contracts.erasure import EraseContact, ErasureView, GetErasure
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import ACCOUNT, ANA, WHEN

BOSS = Person(id="admin-ada", account_id=ACCOUNT, email="ada@example.org", name="Ada", role="admin")
RUNNING = ErasureView(id="e1", contact_id="c1", status="running", requested_at=WHEN).model_dump(mode="json")


async def test_an_admin_has_a_contact_erased_and_follows_it(site: Site) -> None:
    site.commands.result = site.queries.result = RUNNING
    answer = await site.client.delete("/api/v1/contacts/c1", headers=site.bearer(BOSS))
    assert (answer.status_code, answer.json()) == (202, RUNNING)
    ((_, command),) = site.commands.carried_out
    assert isinstance(command, EraseContact)
    assert command.contact_id == "c1"
    answer = await site.client.get("/api/v1/erasures/e1", headers=site.bearer(BOSS))
    assert (answer.status_code, answer.json()) == (200, RUNNING)
    assert site.queries.asked == [(ACCOUNT, GetErasure(person=BOSS, erasure_id="e1"))]


async def test_agents_erase_nobody(site: Site) -> None:
    for method, path in (("DELETE", "/api/v1/contacts/c1"), ("GET", "/api/v1/erasures/e1")):
        assert (await site.client.request(method, path, headers=site.bearer(ANA))).status_code == 403
