"""The routes of contacts, over fakes."""

import pytest

from libs.contracts.contacts import ContactDetail, GetContact, ListContacts, MergeContacts, UpdateContact
from libs.contracts.errors import DomainError
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import ACCOUNT, ANA, REQUESTER, WHEN

MIRA = ContactDetail(id="c1", name="Mira", created_at=WHEN, updated_at=WHEN)
SHOWN = MIRA.model_dump(mode="json")


async def test_a_list_is_asked_for_the_caller(site: Site) -> None:
    site.queries.result = {"items": [SHOWN], "next_cursor": "more"}
    answer = await site.client.get("/api/v1/contacts?search=mi&page_size=5", headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, {"items": [SHOWN], "next_cursor": "more"})
    assert site.queries.asked == [(ACCOUNT, ListContacts(person=ANA, search="mi", page_size=5))]


async def test_one_contact(site: Site) -> None:
    site.queries.result = SHOWN
    answer = await site.client.get("/api/v1/contacts/c1", headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, SHOWN)
    assert site.queries.asked == [(ACCOUNT, GetContact(person=ANA, contact_id="c1"))]
    site.queries.error = DomainError("not_found", "there is no such contact")
    assert (await site.client.get("/api/v1/contacts/c2", headers=site.bearer())).status_code == 404


async def test_a_change_says_what_is_set_and_what_is_cleared(site: Site) -> None:
    site.commands.result = SHOWN
    answer = await site.client.patch(
        "/api/v1/contacts/c1", json={"value": 5, "phone": None}, headers=site.bearer()
    )
    assert (answer.status_code, answer.json()) == (200, SHOWN)
    ((_, command),) = site.commands.carried_out
    assert isinstance(command, UpdateContact)
    assert (command.contact_id, command.value, command.cleared) == ("c1", 5.0, ("phone",))


@pytest.mark.parametrize(
    "body",
    [
        {"alias": "1"},
        {"name": ""},
        {"value": "5"},
        {"email": "nobody"},
        {"phone": "call me"},
        {"attributes": {"a": {"$ne": 1}}},
        {"attributes": {str(number): "" for number in range(51)}},
    ],
)
async def test_what_does_not_fit_is_refused(site: Site, body: dict[str, object]) -> None:
    answer = await site.client.patch("/api/v1/contacts/c1", json=body, headers=site.bearer())
    assert (answer.status_code, site.commands.carried_out) == (422, [])


async def test_requesters_have_no_contacts(site: Site) -> None:
    for method in ("GET", "PATCH"):
        answer = await site.client.request(
            method, "/api/v1/contacts/c1", json={}, headers=site.bearer(REQUESTER)
        )
        assert answer.status_code == 403


async def test_a_merge_names_the_one_that_stays(site: Site) -> None:
    site.commands.result = SHOWN
    answer = await site.client.post("/api/v1/contacts/c2/merge", json={"into": "c1"}, headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, SHOWN)
    ((_, command),) = site.commands.carried_out
    assert isinstance(command, MergeContacts)
    assert (command.contact_id, command.into) == ("c2", "c1")
