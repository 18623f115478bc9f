"""One suite for the fake and for MongoDB, and the command line over the real store."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from libs.contracts.errors import DomainError
from libs.runtime.clock import now
from libs.runtime.mongo import Store
from services.gateway.adapters import mongo_api_keys
from services.gateway.adapters.mongo_api_keys import MongoApiKeys
from services.gateway.domain.api_keys import ApiKey
from services.gateway.use_cases.api_key_ports import ApiKeys
from services.gateway.use_cases.identify_caller import IdentifyByToken
from tests.unit.gateway.fake_api_keys import InMemoryApiKeys

ACCOUNT = "acc-1"


@pytest.fixture(scope="module")
async def store(mongodb_url: str, module_database_prefix: str) -> AsyncIterator[Store]:
    made = Store(mongodb_url, f"{module_database_prefix}_gateway")
    await made.ensure_indexes(mongo_api_keys.INDEXES)
    yield made
    made.close()


@pytest.fixture(params=["memory", "mongo"])
async def keys(request: pytest.FixtureRequest, store: Store) -> ApiKeys:
    await store.database[mongo_api_keys.COLLECTION].delete_many({})
    return InMemoryApiKeys() if request.param == "memory" else MongoApiKeys(store)


def key(name: str, account: str = ACCOUNT) -> ApiKey:
    # The store keeps milliseconds.
    at = now().replace(microsecond=0)
    return ApiKey(name, account, name, frozenset({"stats"}), f"digest-{name}", "admin", at)


async def test_a_key_is_kept_as_it_was_made(keys: ApiKeys) -> None:
    made = key("k1")
    assert await keys.add(made, most=5) == made
    assert await keys.find("k1") == made
    assert await keys.find("k2") is None
    again = await keys.add(key("k1"), most=1)
    assert again.digest == made.digest


async def test_no_more_than_the_bound_and_revoked_ones_do_not_count(keys: ApiKeys) -> None:
    await keys.add(key("k1"), most=1)
    with pytest.raises(DomainError):
        await keys.add(key("k2"), most=1)
    await keys.add(key("other", "acc-2"), most=1)
    await keys.revoke(ACCOUNT, "k1", now())
    await keys.add(key("k2"), most=1)


async def test_revoking_counts_once_and_within_the_account(keys: ApiKeys) -> None:
    await keys.add(key("k1"), most=5)
    before = now().replace(microsecond=0)
    assert await keys.revoke("acc-2", "k1", before) is None
    first = await keys.revoke(ACCOUNT, "k1", before)
    second = await keys.revoke(ACCOUNT, "k1", before + timedelta(hours=1))
    assert first is not None
    assert second == first
    assert first.revoked_at == before
    assert await keys.revoked_since(before - timedelta(seconds=1)) == ["k1"]
    assert await keys.revoked_since(before + timedelta(seconds=1)) == []


async def test_the_list_is_the_accounts_own_and_goes_on(keys: ApiKeys) -> None:
    for name in ("k1", "k2", "k3"):
        await keys.add(key(name), most=5)
    await keys.add(key("k9", "acc-2"), most=5)
    assert [one.id for one in await keys.page(ACCOUNT, after=None, limit=2)] == ["k3", "k2"]
    assert [one.id for one in await keys.page(ACCOUNT, after="k2", limit=2)] == ["k1"]


async def test_the_last_use_is_noted(keys: ApiKeys) -> None:
    await keys.add(key("k1"), most=5)
    at = now().replace(microsecond=0)
    await keys.used("k1", at)
    found = await keys.find("k1")
    assert found is not None
    assert found.last_used_at == at


async def parley(mongodb_url: str, prefix: str, *arguments: str) -> tuple[int, str, str]:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "cli.main", "admin", "keys", *arguments),
        env={"PATH": os.environ["PATH"], "MONGODB_URL": mongodb_url, "PARLEY_DATABASE_PREFIX": prefix},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await child.communicate()
    return child.returncode or 0, out.decode(), err.decode()


async def test_an_operator_makes_lists_and_revokes_keys(
    store: Store, mongodb_url: str, module_database_prefix: str
) -> None:
    at = (mongodb_url, module_database_prefix)
    code, out, err = await parley(
        *at, "create", "Reporting", "--account", "acc-cli", "--scope", "stats", "--scope", "audit", "--json"
    )
    assert (code, err) == (0, "")
    made = json.loads(out)
    identify = IdentifyByToken(None, MongoApiKeys(store), now)  # type: ignore[arg-type] # no token is read
    caller = await identify(made["token"])
    assert (caller.account_id, caller.scopes) == ("acc-cli", {"stats", "audit"})
    code, out, _ = await parley(*at, "list", "--account", "acc-cli", "--json")
    (row,) = json.loads(out)
    assert (row["id"], row["state"]) == (made["id"], "counts")
    assert "token" not in row
    assert (await parley(*at, "revoke", made["id"], "--account", "acc-2"))[0] == 1
    assert (await parley(*at, "revoke", made["id"], "--account", "acc-cli"))[0] == 0
    with pytest.raises(DomainError):
        await identify(made["token"])
    code, out, _ = await parley(*at, "list", "--account", "acc-cli")
    assert code == 0
    assert "revoked" in out
