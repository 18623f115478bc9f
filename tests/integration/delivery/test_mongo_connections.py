import os

import pytest

from libs.runtime.clock import now
from libs.runtime.crypto import SealedBox
from libs.runtime.ids import new_id
from libs.runtime.mongo import Store
from libs.runtime.outbox import Outbox
from services.delivery.adapters.mongo_connections import MongoConnections
from services.delivery.adapters.remembered_connections import RememberedConnections
from services.delivery.domain.connection import Connection
from services.delivery.use_cases.announcing import Announcing
from tests.unit.delivery.build import TOKEN, connection
from tests.unit.delivery.fakes import InMemoryConnections, away

BOX = SealedBox(os.urandom(32))


@pytest.fixture
def connections(store: Store):
    return MongoConnections(store, Outbox(store), BOX)


def changed(one: Connection):
    return Announcing(new_id).connection_changed(one.id, one.account_id, now())


async def save(connections: MongoConnections, one: Connection, command_id: str | None = None) -> bool:
    return await connections.save(one, changed(one), command_id=command_id or new_id())


async def test_a_connection_comes_back_as_it_was_stored(connections: MongoConnections, store: Store):
    one = connection(settings={"api_base_url": "http://x", "rate_per_second": 7})
    assert await save(connections, one)
    assert await connections.find("conn-1") == one
    assert await connections.find("another") is None
    [entry] = await store.database["outbox"].find().to_list(10)
    assert entry["exchange"] == "delivery.ev"
    assert entry["routing_key"].startswith("a")


async def test_credentials_are_not_readable_in_the_store(connections: MongoConnections, store: Store):
    await save(connections, connection())
    [document] = await store.database["connections"].find().to_list(10)
    assert TOKEN not in str(document)
    assert "hush" not in str(document)


async def test_credentials_moved_to_another_account_do_not_open(connections: MongoConnections, store: Store):
    await save(connections, connection())
    await store.database["connections"].update_one({"_id": "conn-1"}, {"$set": {"account_id": "acc-2"}})
    moved = await connections.find("conn-1")
    assert moved is not None
    assert (moved.usable, moved.reason, moved.credentials) == (False, "credentials_unreadable", {})


async def test_a_command_is_carried_out_once(connections: MongoConnections, store: Store):
    assert await save(connections, connection(name="first"), "c-1")
    assert await save(connections, connection(name="second"), "c-2")
    assert not await save(connections, connection(name="first"), "c-1")
    stored = await connections.find("conn-1")
    assert stored is not None
    assert stored.name == "second"
    assert await store.database["outbox"].count_documents({}) == 2


async def test_only_the_version_that_failed_is_broken_off(connections: MongoConnections, store: Store):
    old, new = connection(version="v1"), connection(version="v2")
    await save(connections, new)
    assert not await connections.break_off(old.broken("unauthorized"), changed(old))
    assert await connections.break_off(new.broken("unauthorized"), changed(new))
    assert await connections.break_off(new.broken("unauthorized"), changed(new))
    stored = await connections.find("conn-1")
    assert stored is not None
    assert (stored.usable, stored.reason) == (False, "unauthorized")
    assert await store.database["outbox"].count_documents({}) == 2


class Hand:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def test_what_was_read_is_remembered_for_a_while_and_while_the_store_is_away():
    inner, clock = InMemoryConnections(connection(name="old")), Hand()
    remembered = RememberedConnections(inner, seconds=5.0, clock=clock)
    assert (await remembered.find("conn-1")) == connection(name="old")
    inner.stored["conn-1"] = connection(name="new")
    assert (await remembered.find("conn-1")) == connection(name="old")
    clock.seconds = 5.0
    inner.faults.before["find"] = 1
    assert (await remembered.find("conn-1")) == connection(name="old")
    assert (await remembered.find("conn-1")) == connection(name="new")
    inner.faults.before["find"] = 1
    with pytest.raises(type(away())):
        await remembered.find("conn-2")


async def test_a_change_of_ours_is_seen_at_once():
    inner = InMemoryConnections(connection(name="old"))
    remembered = RememberedConnections(inner, seconds=5.0, clock=Hand())
    await remembered.find("conn-1")
    new = connection(name="new")
    await remembered.save(new, changed(new), command_id="c")
    assert await remembered.find("conn-1") == new
    await remembered.break_off(new.broken("unauthorized"), changed(new))
    found = await remembered.find("conn-1")
    assert found is not None
    assert not found.usable


async def test_a_chatbots_connections_of_a_channel_the_newest_change_first(connections: MongoConnections):
    for one in ("first", "second"):
        assert await save(connections, connection(id=one))
    assert await save(connections, connection(id="elsewhere", account_id="acc-2"))
    known = connection()
    found = await connections.of_chatbot(known.account_id, known.chatbot_id, known.channel)
    assert [one.id for one in found] == ["second", "first"]
    assert await connections.of_chatbot(known.account_id, "another", known.channel) == []
    remembered = RememberedConnections(connections, seconds=5, clock=lambda: 0.0)
    assert await remembered.of_chatbot(known.account_id, known.chatbot_id, known.channel) == found
