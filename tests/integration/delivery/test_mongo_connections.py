import os
from datetime import timedelta

import pytest

from libs.contracts.vocabulary import Channel
from libs.runtime.clock import now
from libs.runtime.crypto import SealedBox
from libs.runtime.ids import new_id
from libs.runtime.mongo import Store
from libs.runtime.outbox import Outbox
from services.delivery.adapters.mongo_connections import FIRST_CHECK, MongoConnections
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
    return Announcing(new_id).changed(one, now())


async def save(connections: MongoConnections, one: Connection, command_id: str | None = None) -> bool:
    return await connections.save(one, changed(one), command_id=command_id or new_id())


async def test_a_connection_comes_back_as_it_was_stored(connections: MongoConnections, store: Store):
    one = connection(settings={"api_base_url": "http://x", "rate_per_second": 7})
    one = one.holding(one.credentials, ("webhook_secret",))
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


async def test_a_list_is_of_one_account_by_id(connections: MongoConnections):
    for one in (connection(id="a"), connection(id="b", chatbot_id="bot-2"), connection(id="c")):
        await save(connections, one)
    await save(connections, connection(id="d", account_id="acc-2"))

    async def ids(after: str = "", chatbot_id: str | None = None, limit: int = 10) -> list[str]:
        found = await connections.of_account("acc-1", chatbot_id=chatbot_id, after=after, limit=limit)
        return [one.id for one in found]

    assert await ids() == ["a", "b", "c"]
    assert await ids(limit=2) == ["a", "b"]
    assert await ids("b") == ["c"]
    assert await ids(chatbot_id="bot-2") == ["b"]


async def test_each_connection_has_its_turn_at_one_replica(connections: MongoConnections):
    await save(connections, connection())
    await save(connections, connection(id="web", channel=Channel.WIDGET))
    due = now() + FIRST_CHECK
    assert await connections.take_due(due - timedelta(minutes=1), due) is None
    taken = await connections.take_due(due, due + timedelta(minutes=5))
    assert taken is not None
    assert taken.id == "conn-1"
    assert await connections.take_due(due, due + timedelta(minutes=5)) is None


async def test_credentials_get_the_new_key_while_everything_runs(store: Store):
    old, new = os.urandom(32), os.urandom(32)
    before = MongoConnections(store, Outbox(store), SealedBox(old))
    await save(before, connection())
    assert not await before.reseal_one()
    both = MongoConnections(store, Outbox(store), SealedBox(new, older=[old]))
    assert await both.find("conn-1") == connection()
    assert await both.reseal_one()
    assert not await both.reseal_one()
    after = MongoConnections(store, Outbox(store), SealedBox(new))
    assert await after.find("conn-1") == connection()
    gone = await before.find("conn-1")
    assert gone is not None
    assert gone.reason == "credentials_unreadable"


async def test_what_no_key_opens_is_left_alone(connections: MongoConnections, store: Store):
    await save(MongoConnections(store, Outbox(store), SealedBox(os.urandom(32))), connection())
    assert await connections.reseal_one()
    assert not await connections.reseal_one()


async def test_credentials_sealed_before_the_kind_was_in_the_context_still_open(
    connections: MongoConnections, store: Store
):
    await save(connections, connection())
    sealed = BOX.seal(b'{"token": "old"}', context="credentials:acc-1:conn-1")
    await store.database["connections"].update_one({"_id": "conn-1"}, {"$set": {"sealed": sealed}})
    found = await connections.find("conn-1")
    assert found is not None
    assert found.credentials == {"token": "old"}


async def test_credentials_of_another_kind_do_not_open(connections: MongoConnections, store: Store):
    await save(connections, connection())
    await store.database["connections"].update_one({"_id": "conn-1"}, {"$set": {"channel": "email"}})
    found = await connections.find("conn-1")
    assert found is not None
    assert found.reason == "credentials_unreadable"


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
