"""API keys: made once, good for their scopes and for nothing else, worthless once revoked."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.routing import WebSocketRoute

from libs.contracts.api_keys import Scope
from libs.contracts.conversation import Person
from libs.contracts.vocabulary import ActorKind
from libs.runtime.clock import now
from services.gateway.domain import api_keys, policy
from services.gateway.domain.api_keys import ApiKey
from tests.unit.gateway.conftest import Served, Site, make_site
from tests.unit.gateway.samples import ACCOUNT, ANA, REQUESTER, conversation, view
from tests.unit.gateway.test_http import check_error
from tests.unit.gateway.test_sockets import connected, ended, frame

BOSS = Person(id="admin-ada", account_id=ACCOUNT, email="ada@example.org", name="Ada", role="admin")
PATH = "/api/v1/api-keys"
REF = conversation("tg:77")


async def make_key(
    site: Site, *scopes: str, by: dict[str, str] | None = None, **fields: Any
) -> dict[str, Any]:
    body = {"name": "Reporting", "scopes": list(scopes), **fields}
    answer = await site.client.post(PATH, json=body, headers=by or site.bearer(BOSS))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def bearing(key: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {key['token']}"}


async def test_an_admin_makes_a_key_whose_token_is_told_once(site: Site) -> None:
    made = await make_key(site, "conversations:read", "stats")
    assert made["token"].startswith(f"prl_{made['id']}.")
    assert (made["scopes"], made["created_by"]) == (["conversations:read", "stats"], BOSS.id)
    (kept,) = site.api_keys.rows.values()
    assert made["token"].partition(".")[2] not in repr(kept)
    page = (await site.client.get(PATH, headers=site.bearer(BOSS))).json()
    assert page["items"] == [{name: value for name, value in made.items() if name != "token"}]
    assert page["next_cursor"] is None


async def test_the_same_request_makes_one_key_and_tells_its_token_again(site: Site) -> None:
    by = site.bearer(BOSS, **{"Idempotency-Key": "once"})
    site.answers.away = True  # the answer is not kept, so the work is done again
    first = await make_key(site, "stats", by=by)
    site.answers.away = False
    assert await make_key(site, "stats", by=by) == first
    assert await make_key(site, "stats", by=by) == first
    assert len(site.api_keys.rows) == 1
    assert (await make_key(site, "stats"))["token"] != first["token"]


async def test_a_key_is_good_for_its_scopes_and_acts_as_itself(site: Site) -> None:
    key = await make_key(site, "conversations:read", "conversations:manage")
    assert (await site.client.get("/api/v1/conversations", headers=bearing(key))).status_code == 200
    site.commands.result = view(REF).model_dump(mode="json")
    path = f"/api/v1/conversations/{REF.id}/close"
    assert (await site.client.post(path, json={}, headers=bearing(key))).status_code == 200
    ((_, command),) = site.commands.carried_out
    actor = command.actor
    assert (actor.kind, actor.id, actor.name, actor.role) == (ActorKind.API_KEY, key["id"], "Reporting", None)
    reply = await site.client.post(
        f"/app/chatbots/bot-1/conversations/{REF.id}/replies", json={"content": "Hi"}, headers=bearing(key)
    )
    check_error(reply, 403, "forbidden", "This key has no scope for it.")
    assert site.api_keys.rows[key["id"]].last_used_at is not None


@pytest.mark.parametrize("person", [ANA, REQUESTER])
async def test_keys_are_the_admins_business(site: Site, person: Person) -> None:
    headers = site.bearer(person)
    body = {"name": "x", "scopes": ["stats"]}
    for answer in (
        await site.client.post(PATH, json=body, headers=headers),
        await site.client.get(PATH, headers=headers),
        await site.client.delete(f"{PATH}/k", headers=headers),
    ):
        check_error(answer, 403, "forbidden")


async def test_a_key_makes_keys_of_its_own_scopes_alone(site: Site) -> None:
    key = await make_key(site, "keys", "stats")
    assert (await make_key(site, "stats", by=bearing(key)))["created_by"] == key["id"]
    body = {"name": "more", "scopes": ["erasure"]}
    answer = await site.client.post(PATH, json=body, headers=bearing(key))
    check_error(answer, 403, "forbidden", "A key gives no scope that it does not have.")


async def test_a_revoked_key_counts_no_more_and_its_sockets_are_cut(served: Served) -> None:
    site = served.site
    key = await make_key(site, "conversations:read")
    async with connected(f"{served.ws}/ws", additional_headers=bearing(key)) as socket:
        assert (await frame(socket))["topic"] == f"account:{ACCOUNT}"
        gone = await site.client.delete(f"{PATH}/{key['id']}", headers=site.bearer(BOSS))
        assert gone.json()["revoked_at"] is not None
        assert await ended(socket) == 4401
    assert site.announce.told == [key["id"]]
    check_error(await site.client.get("/api/v1/conversations", headers=bearing(key)), 401, "unauthenticated")
    again = await site.client.delete(f"{PATH}/{key['id']}", headers=site.bearer(BOSS))
    assert again.json() == gone.json()
    async with connected(f"{served.ws}/ws", additional_headers=bearing(key)) as socket:
        assert await ended(socket) == 4401


async def test_a_key_without_the_scope_gets_no_socket_and_none_while_nobody_can_tell(served: Served) -> None:
    key = await make_key(served.site, "stats")
    async with connected(f"{served.ws}/ws", additional_headers=bearing(key)) as socket:
        assert await ended(socket) == 4403
    served.site.api_keys.away = True
    async with connected(f"{served.ws}/ws", additional_headers=bearing(key)) as socket:
        assert await ended(socket) == 1013
    answer = await served.site.client.get("/api/v1/conversations", headers=bearing(key))
    check_error(answer, 503, "unavailable")


async def test_what_is_no_key_of_ours_is_401(site: Site) -> None:
    made = await make_key(site, "conversations:read")
    key_id, _, secret = made["token"].removeprefix("prl_").partition(".")
    for token in (
        "prl_",
        "prl_x",
        f"prl_{key_id}",
        f"prl_{key_id}.",
        f"prl_{key_id}.{secret}x",
        f"prl_no.{secret}",
    ):
        headers = {"Authorization": f"Bearer {token}"}
        check_error(await site.client.get("/api/v1/conversations", headers=headers), 401, "unauthenticated")


async def test_a_key_ends_with_its_time(site: Site) -> None:
    soon = (now() + timedelta(hours=1)).isoformat()
    key = await make_key(site, "conversations:read", expires_at=soon)
    row = site.api_keys.rows[key["id"]]
    assert row.caller(now()).expires_at == row.expires_at
    assert not row.counts_at(now() + timedelta(hours=2))
    body = {"name": "late", "scopes": ["stats"], "expires_at": "2020-01-01T00:00:00Z"}
    check_error(await site.client.post(PATH, json=body, headers=site.bearer(BOSS)), 422, "invalid")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["everything"]},
        {"name": " ", "scopes": ["stats"]},
        {"name": "x", "scopes": ["stats"], "expires_at": "2030-01-01T00:00:00"},
        {"name": "x", "scopes": ["stats"], "account_id": "acc-2"},
    ],
)
async def test_a_body_that_does_not_fit_is_422(site: Site, body: Any) -> None:
    check_error(await site.client.post(PATH, json=body, headers=site.bearer(BOSS)), 422, "invalid")


async def test_keys_of_another_account_do_not_exist(site: Site) -> None:
    key = await make_key(site, "stats")
    other = site.bearer(BOSS.model_copy(update={"account_id": "acc-2"}))
    check_error(await site.client.delete(f"{PATH}/{key['id']}", headers=other), 404, "not_found")
    assert (await site.client.get(PATH, headers=other)).json()["items"] == []


async def test_the_list_goes_on_behind_its_cursor(site: Site) -> None:
    made = [(await make_key(site, "stats"))["id"] for _ in range(3)]
    first = (await site.client.get(f"{PATH}?page_size=2", headers=site.bearer(BOSS))).json()
    rest = (await site.client.get(f"{PATH}?cursor={first['next_cursor']}", headers=site.bearer(BOSS))).json()
    listed = [one["id"] for one in (*first["items"], *rest["items"])]
    assert listed == sorted(made, reverse=True)


async def test_an_account_has_a_bounded_number_of_keys(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_keys, "MOST", 1)
    await make_key(site, "stats")
    body = {"name": "one more", "scopes": ["stats"]}
    check_error(await site.client.post(PATH, json=body, headers=site.bearer(BOSS)), 409, "conflict")


async def test_each_key_has_its_own_limit() -> None:
    site = make_site(requests_per_key=1)
    one, other = await make_key(site, "conversations:read"), await make_key(site, "conversations:read")
    assert (await site.client.get("/api/v1/conversations", headers=bearing(one))).status_code == 200
    limited = await site.client.get("/api/v1/conversations", headers=bearing(one))
    check_error(limited, 429, "rate_limited")
    assert (await site.client.get("/api/v1/conversations", headers=bearing(other))).status_code == 200
    await site.client.aclose()


#: What belongs to a person, not to an account: no key can do it.
PERSONAL = {
    "logOut",
    "setPassword",
    "openTicket",
    "resolveTicket",
    "closeTicket",
    "giveFeedback",
    "suggestResponse",
    "chatSocket",
    "getNotificationSettings",
    "putNotificationSettings",
}


def test_every_operation_for_people_says_which_scope_opens_it_or_is_personal() -> None:
    closed = {name for name, rule in policy.RULES.items() if policy.needs_token(name) and rule.scope is None}
    assert closed - PERSONAL == set(), "give it a scope in policy.py, or say here that it is personal"


def test_a_key_without_scopes_may_nothing_and_no_key_what_is_personal() -> None:
    for name in policy.RULES:
        assert not policy.may_call(name, "api_key", ())
    everything = frozenset(Scope)
    assert not any(policy.may_call(name, "api_key", everything) for name in PERSONAL)
    assert policy.may_call("listConversations", "api_key", everything)
    assert not policy.may_call("newRoute", "api_key", everything)


def test_sockets_have_rules(site: Site) -> None:
    sockets = [one for one in site.gateway.api.router.routes if isinstance(one, WebSocketRoute)]
    assert {one.name for one in sockets} <= set(policy.RULES)


def test_a_key_without_an_end_is_looked_at_again_within_a_day() -> None:
    key = ApiKey("k", ACCOUNT, "x", frozenset({"stats"}), "digest", "admin", now())
    assert key.caller(now()).expires_at <= now() + timedelta(days=1)
    assert key.counts_at(now() + timedelta(days=4000))
