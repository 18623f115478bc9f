"""The route of a contact's export, over fakes."""

from libs.contracts.contacts import ContactDetail
from libs.contracts.exporting import ExportContact, ExportPage
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import ACCOUNT, ANA, REQUESTER, WHEN
from tests.unit.gateway.test_api_keys import BOSS

MIRA = ContactDetail(id="c1", name="Mira", created_at=WHEN, updated_at=WHEN)
PAGE = ExportPage(contact=MIRA, records=(), exported_at=WHEN, next_cursor="more").model_dump(mode="json")


async def test_admins_page_through_it_and_nothing_keeps_a_copy(site: Site) -> None:
    site.queries.result = PAGE
    answer = await site.client.get("/api/v1/contacts/c1/export?cursor=x", headers=site.bearer(BOSS))
    assert (answer.status_code, answer.json()) == (200, PAGE)
    assert answer.headers["cache-control"] == "no-store"
    assert site.queries.asked == [(ACCOUNT, ExportContact(person=BOSS, contact_id="c1", cursor="x"))]


async def test_it_is_for_nobody_else(site: Site) -> None:
    for who in (ANA, REQUESTER):
        answer = await site.client.get("/api/v1/contacts/c1/export", headers=site.bearer(who))
        assert (answer.status_code, site.queries.asked) == (403, [])
