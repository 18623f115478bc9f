"""The routes of people, over fakes."""

from typing import Any

import pytest

from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError
from libs.contracts.people import CreatePerson, DeletePerson, FindPerson, ListPeople, UpdatePerson
from libs.contracts.vocabulary import Role
from services.gateway.adapters.argon2_passwords import Argon2Passwords
from services.gateway.domain.refresh_tokens import Family
from services.gateway.use_cases.ports import Credential
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import ACCOUNT, ANA, WHEN
from tests.unit.gateway.test_departments import ADA

BODY = {"email": "Eli@Example.org", "name": "Eli", "role": "agent", "departments": ["IT"]}
PASSWORD = "eli-starts-on-monday"
SHOWN = ANA.model_dump(mode="json")


async def post(site: Site, body: dict[str, Any], **headers: str) -> Any:
    return await site.client.post("/api/v1/people", json=body, headers=site.bearer(ADA, **headers))


async def logged_in(site: Site, *people: Person) -> None:
    for one in people:
        family = Family(
            id=f"log-in-{one.id}",
            person_id=one.id,
            account_id=ACCOUNT,
            current="x",
            expires_at=WHEN,
        )
        await site.families.start(family)


def is_out(site: Site, person: Person) -> bool:
    return site.families.rows[f"log-in-{person.id}"].revoked


async def test_an_administrator_reads_people(site: Site) -> None:
    site.queries.result = {"items": [SHOWN], "next_cursor": None}
    listed = await site.client.get("/api/v1/people?role=agent&search=an", headers=site.bearer(ADA))
    assert (listed.status_code, listed.json()) == (200, site.queries.result)
    site.queries.result = SHOWN
    one = await site.client.get("/api/v1/people/agent-ana", headers=site.bearer(ADA))
    assert (one.status_code, one.json()) == (200, SHOWN)
    assert site.queries.asked == [
        (ACCOUNT, ListPeople(person=ADA, role=Role.AGENT, search="an")),
        (ACCOUNT, FindPerson(person=ADA, person_id=ANA.id)),
    ]


async def test_somebody_new_logs_in_with_the_password_that_nobody_is_told(site: Site) -> None:
    site.commands.result = SHOWN
    for _ in range(2):
        made = await post(site, BODY | {"password": PASSWORD}, **{"Idempotency-Key": "k1"})
        assert made.status_code == 201
        assert "password" not in made.text
    ((_, command),) = site.commands.carried_out
    assert isinstance(command, CreatePerson)
    assert (command.person.email, command.person.account_id) == ("eli@example.org", ACCOUNT)
    credential = site.credentials.rows[command.person.id]
    assert (credential.email, credential.password_hash) == ("eli@example.org", f"hash:{PASSWORD}")
    assert PASSWORD not in str(site.answers.rows) + str(site.commands.carried_out)


async def test_without_a_password_there_is_no_credential(site: Site) -> None:
    site.commands.result = SHOWN
    assert (await post(site, BODY)).status_code == 201
    assert set(site.credentials.rows) == {ANA.id}
    site.commands.error = DomainError("invalid", "no such department")
    assert (await post(site, BODY)).status_code == 422


async def test_who_is_refused_by_the_directory_cannot_log_in(site: Site) -> None:
    site.commands.error = DomainError("invalid", "no such department")
    assert (await post(site, BODY | {"password": PASSWORD})).status_code == 422
    assert set(site.credentials.rows) == {ANA.id}


async def test_an_address_logs_in_to_one_account(site: Site) -> None:
    taken = await post(site, BODY | {"email": ANA.email, "password": PASSWORD})
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")
    assert (site.commands.carried_out, site.credentials.rows[ANA.id].password_hash) == ([], "hash:right")


@pytest.mark.parametrize(
    ("after", "out"),
    [
        ({"name": "Ana R."}, False),
        ({"departments": ("IT", "HR")}, False),
        ({"departments": ()}, True),
        ({"role": "admin"}, True),
        ({"role": "user"}, True),
        ({"active": False}, True),
    ],
)
async def test_who_loses_rights_is_logged_out(site: Site, after: dict[str, Any], out: bool) -> None:
    await logged_in(site, ANA)
    site.queries.result = SHOWN
    site.commands.result = ANA.model_copy(update=after).model_dump(mode="json")
    answer = await site.client.patch("/api/v1/people/agent-ana", json=after, headers=site.bearer(ADA))
    assert (answer.status_code, is_out(site, ANA)) == (200, out)
    ((_, command),) = site.commands.carried_out
    assert isinstance(command, UpdatePerson)
    assert command.person_id == ANA.id


async def test_a_new_address_is_the_one_to_log_in_with(site: Site) -> None:
    site.queries.result = site.commands.result = SHOWN

    async def readdress(email: str) -> int:
        answer = await site.client.patch(
            "/api/v1/people/agent-ana", json={"email": email}, headers=site.bearer(ADA)
        )
        return answer.status_code

    assert await readdress("Reis@Example.org") == 200
    assert site.credentials.rows[ANA.id].email == "reis@example.org"
    site.commands.error = DomainError("conflict", "somebody else's")
    assert await readdress("ana@example.org") == 409
    assert site.credentials.rows[ANA.id].email == "reis@example.org"
    site.credentials.rows["other"] = Credential("other", ACCOUNT, "o@example.org", "h", WHEN)
    assert await readdress("o@example.org") == 409
    # Who has no credential has none to readdress, nor to bring back.
    site.queries.result = ANA.model_copy(update={"id": "agent-new"}).model_dump(mode="json")
    assert await readdress("new@example.org") == 409
    assert set(site.credentials.rows) == {ANA.id, "other"}


async def test_another_password_ends_every_log_in(site: Site) -> None:
    await logged_in(site, ANA)
    site.queries.result = SHOWN
    answer = await site.client.put(
        "/api/v1/people/agent-ana/password", json={"password": PASSWORD}, headers=site.bearer(ADA)
    )
    assert (answer.status_code, answer.json()) == (200, SHOWN)
    assert site.credentials.rows[ANA.id].password_hash == f"hash:{PASSWORD}"
    assert is_out(site, ANA)
    site.queries.error = DomainError("not_found", "nobody")
    answer = await site.client.put(
        "/api/v1/people/x/password", json={"password": PASSWORD}, headers=site.bearer(ADA)
    )
    assert answer.status_code == 404


async def test_who_is_removed_is_out(site: Site) -> None:
    await logged_in(site, ANA)
    site.commands.result = SHOWN
    answer = await site.client.delete("/api/v1/people/agent-ana", headers=site.bearer(ADA))
    assert (answer.status_code, answer.json()) == (200, SHOWN)
    ((_, command),) = site.commands.carried_out
    assert isinstance(command, DeletePerson)
    assert (is_out(site, ANA), site.credentials.rows) == (True, {})


@pytest.mark.parametrize(
    "body",
    [
        {},
        BODY | {"email": "nobody"},
        BODY | {"name": " "},
        BODY | {"role": "owner"},
        BODY | {"departments": "IT"},
        BODY | {"password": "short"},
        BODY | {"account_id": "other"},
    ],
)
async def test_what_does_not_fit_is_refused(site: Site, body: dict[str, Any]) -> None:
    answer = await post(site, body)
    assert (answer.status_code, site.commands.carried_out) == (422, [])
    assert "short" not in answer.text


async def test_people_are_not_for_agents(site: Site) -> None:
    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("GET", "/x"),
        ("PATCH", "/x"),
        ("DELETE", "/x"),
        ("PUT", "/x/password"),
    ):
        answer = await site.client.request(method, f"/api/v1/people{path}", json={}, headers=site.bearer())
        assert answer.status_code == 403


async def test_a_hash_is_argon2_and_matches_its_password_alone() -> None:
    passwords = Argon2Passwords()
    made = await passwords.hash(PASSWORD)
    assert made.startswith("$argon2id$")
    assert PASSWORD not in made
    assert await passwords.matches(made, PASSWORD)
    assert not await passwords.matches(made, "another")
    await passwords.close()
