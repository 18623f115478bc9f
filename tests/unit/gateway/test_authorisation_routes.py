"""Every operation of the document, for every kind of caller: the guard does what the table says.

Generated from the routes: a new one is in here by itself. Which objects somebody reaches behind the guard is
tried on the running stack (tests/e2e/test_authorisation_matrix.py).
"""

from typing import Any

import pytest

from libs.contracts.api_keys import Scope
from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.domain import policy
from services.gateway.domain.policy import Access
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.operations import Operation, operations
from tests.unit.gateway.samples import ACCOUNT, ANA, REQUESTER

BOSS = Person(id="admin-ada", account_id=ACCOUNT, email="ada@example.org", name="Ada", role="admin")
PEOPLE = {Access.AGENT: ANA, Access.ADMIN: BOSS, Access.USER: REQUESTER}


async def key_of(site: Site, *scopes: Scope) -> dict[str, str]:
    body = {"name": "Matrix", "scopes": list(scopes)}
    made = await site.client.post("/api/v1/api-keys", json=body, headers=site.bearer(BOSS))
    return {"Authorization": f"Bearer {made.json()['token']}"}


def nothing_is_there(site: Site) -> None:
    site.commands.error = site.queries.error = DomainError(ErrorCode.NOT_FOUND, "there is nothing")


async def status(site: Site, one: Operation, headers: dict[str, str]) -> int:
    return (await site.client.request(one.method, one.address(), json=one.body, headers=headers)).status_code


async def test_each_role_is_let_in_where_the_table_says_and_nowhere_else(site: Site) -> None:
    nothing_is_there(site)
    document = (await site.client.get("/openapi.json")).json()
    closed = [one for one in operations(document) if policy.needs_token(one.name) and one.name != "logOut"]
    assert closed
    visitor = {"Authorization": f"Bearer {site.visitor_token()}"}
    for one in closed:
        assert await status(site, one, {}) == 401, one
        assert await status(site, one, visitor) == 401, one
        for access, person in PEOPLE.items():
            let_in = access in policy.RULES[one.name].roles
            answered = await status(site, one, site.bearer(person))
            assert (answered not in {401, 403}) is let_in, (one, access, answered)
            if not let_in:
                assert answered == 403, (one, access)


async def test_a_key_is_let_in_by_the_one_scope_and_by_no_other(site: Site) -> None:
    every = {scope: await key_of(site, scope) for scope in Scope}
    nothing_is_there(site)
    document = (await site.client.get("/openapi.json")).json()
    for one in operations(document):
        if not policy.needs_token(one.name):
            continue
        wanted = policy.RULES[one.name].scope
        # A key that makes keys gives its own scopes alone: the example's are others.
        expected = {wanted} if one.name != "createApiKey" else set()
        let_in = {scope for scope, headers in every.items() if await status(site, one, headers) != 403}
        assert let_in == expected - {None}, one


def exempt(one: Operation) -> bool:
    """Log-in is exempt by the specification; a platform's webhook has ids of its own."""
    return one.name == "logIn" or one.address().startswith("/webhooks/")


async def test_every_post_takes_an_idempotency_key(site: Site) -> None:
    document: dict[str, Any] = (await site.client.get("/openapi.json")).json()
    without = [
        one.name
        for one in operations(document)
        if one.method == "POST" and not exempt(one) and "Idempotency-Key" not in one.headers
    ]
    assert without == []


async def test_every_change_of_a_ticket_can_be_tied_to_what_was_read(site: Site) -> None:
    document: dict[str, Any] = (await site.client.get("/openapi.json")).json()
    changes = [one for one in operations(document) if one.method != "GET" and "{ticket_id}" in one.path]
    assert changes
    assert [one.name for one in changes if "If-Match" not in one.headers] == []


@pytest.mark.parametrize("access", list(PEOPLE))
async def test_a_route_that_has_no_rule_is_closed(
    site: Site, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(policy.RULES, "listConversations")
    answer = await site.client.get("/api/v1/conversations", headers=site.bearer(PEOPLE[access]))
    assert answer.status_code == 403
