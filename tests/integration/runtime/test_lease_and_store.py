"""Leases by the store's clock, transactions under contention, and a store that is away."""

import asyncio

import pytest

from libs.contracts.errors import ErrorCode, TransientError
from libs.runtime.lease import Lease
from libs.runtime.mongo import Session, Store
from tests.integration.runtime.proxy import Proxy
from tests.integration.runtime.waiting import until


async def test_a_lease_has_one_owner_until_it_is_given_back(store: Store):
    one, other = Lease(store, "job", "a"), Lease(store, "job", "b")
    assert await one.hold()
    assert not await other.hold()
    assert await one.hold()
    await other.give_back()
    assert not await other.hold()
    await one.give_back()
    assert await other.hold()


async def test_of_many_at_once_one_gets_the_lease(store: Store):
    leases = [Lease(store, "job", f"r{number}") for number in range(10)]
    assert sum(await asyncio.gather(*(lease.hold() for lease in leases))) == 1


async def test_a_lapsed_lease_is_free(store: Store):
    assert await Lease(store, "job", "a", seconds=0.2).hold()
    other = Lease(store, "job", "b")
    assert not await other.hold()
    await until(other.hold)
    assert not await Lease(store, "job", "a").hold()


async def test_two_jobs_are_two_leases(store: Store):
    assert await Lease(store, "one", "a").hold()
    assert await Lease(store, "two", "b").hold()


async def test_transactions_that_meet_are_all_carried_out(store: Store):
    async def add(session: Session) -> None:
        row = await store.database["effects"].find_one({"_id": "n"}, session=session)
        await store.database["effects"].update_one(
            {"_id": "n"}, {"$set": {"n": (row or {"n": 0})["n"] + 1}}, upsert=True, session=session
        )

    async def stubbornly() -> None:
        while True:
            try:
                return await store.transaction(add)
            except TransientError:
                await asyncio.sleep(0.01)

    await asyncio.gather(*(stubbornly() for _ in range(20)))
    row = await store.database["effects"].find_one({"_id": "n"})
    assert row is not None
    assert row["n"] == 20


async def test_a_failed_transaction_leaves_nothing(store: Store):
    async def fail(session: Session) -> None:
        await store.database["effects"].insert_one({"_id": "x"}, session=session)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.transaction(fail)
    assert await store.database["effects"].count_documents({}) == 0


async def test_indexes_are_made_once_by_any_number_of_replicas(store: Store):
    await asyncio.gather(*(store.ensure_indexes({"new": [], "effects": []}) for _ in range(5)))
    assert "new" in await store.database.list_collection_names()


async def test_a_store_that_is_away_is_a_passing_failure_in_time(mongodb_url: str, database_prefix: str):
    async with Proxy(f"{mongodb_url.partition('?')[0]}?directConnection=true") as proxy:
        away = Store(proxy.url, f"{database_prefix}_away")
        await away.ping()
        await proxy.refuse()
        begun = asyncio.get_running_loop().time()
        for call in (away.ping(), away.transaction(_write(away)), away.ensure_indexes({"x": []})):
            with pytest.raises(TransientError) as caught:
                await call
            assert caught.value.code == ErrorCode.UNAVAILABLE
        assert asyncio.get_running_loop().time() - begun < 12
        await proxy.accept()
        await until(lambda: _answers(away))
        await asyncio.to_thread(away.close)


async def test_a_silent_store_fails_the_ping_in_time(mongodb_url: str, database_prefix: str):
    async with Proxy(f"{mongodb_url.partition('?')[0]}?directConnection=true") as proxy:
        silent = Store(proxy.url, f"{database_prefix}_silent")
        await silent.ping()
        proxy.hold()
        async with asyncio.timeout(12):
            with pytest.raises(TransientError):
                await silent.ping()
        proxy.release()
        await asyncio.to_thread(silent.close)


def _write(store: Store):  # noqa: ANN202 - a closure for transaction()
    async def work(session: Session) -> None:
        await store.database["effects"].insert_one({"_id": "x"}, session=session)

    return work


async def _answers(store: Store) -> bool:
    try:
        await store.ping()
    except TransientError:
        return False
    return True
