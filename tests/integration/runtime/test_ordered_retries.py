"""Ordered queues: a passing failure is tried again in place and holds back its own key alone."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import BaseModel

from libs.contracts import topology
from libs.contracts.errors import DomainError, ErrorCode, PermanentError, TransientError
from libs.runtime import partitions
from libs.runtime.consuming import Consumers
from libs.runtime.membership import Membership
from libs.runtime.mongo import Store
from libs.runtime.publisher import Publisher
from libs.runtime.received import Received
from libs.runtime.topology import declare_topology
from tests.integration.runtime.messages import Step, step
from tests.integration.runtime.proxy import Proxy
from tests.integration.runtime.replica import key_of
from tests.integration.runtime.waiting import depth, until

QUEUE = topology.conversation_partition_queue("p00")
DEAD = topology.dead_letter_queue(QUEUE)


class Handler:
    """Notes what worked; fails a key's first message as often as told."""

    def __init__(self) -> None:
        self.done: list[tuple[str, int]] = []
        self.tries = 0
        self.errors: dict[str, Exception] = {}
        self.working = asyncio.Event()
        self.working.set()

    async def __call__(self, received: Received[Step]) -> BaseModel | None:
        await self.working.wait()
        self.tries += 1
        if received.message.key in self.errors and received.message.number == 0:
            raise self.errors[received.message.key]
        self.done.append((received.message.key, received.message.number))
        return None


class Reader:
    """A running consumer of the one queue."""

    def __init__(self, url: str, publisher: Publisher, store: Store, name: str = "a") -> None:
        self.handler = Handler()
        self.membership = Membership(store, name, renewal=0.1, lapse_milliseconds=1_000)
        self.consumers = Consumers(url, publisher, "test", self.membership)
        self.consumers.partitions([QUEUE], {Step: self.handler}, lock_key=key_of)
        self._tasks: list[asyncio.Task[Any]] = []

    def start(self) -> "Reader":
        runs = [*self.consumers.background(), self.membership.run]
        self._tasks = [asyncio.create_task(run()) for run in runs]
        return self

    async def stop(self) -> None:
        self.handler.working.set()
        await self.consumers.drain(5)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.consumers.stop()


@pytest.fixture
async def url(broker_url: str) -> str:
    await declare_topology(broker_url, queues=[queue for queue in topology.QUEUES if queue.name == QUEUE])
    return broker_url


@pytest.fixture
async def reader(url: str, publisher: Publisher, store: Store) -> AsyncIterator[Reader]:
    made = Reader(url, publisher, store).start()
    yield made
    await made.stop()


async def _send(publisher: Publisher, key: str, *numbers: int) -> None:
    for number in numbers:
        await publisher.publish(step(key, number), exchange="", routing_key=QUEUE)


async def test_a_failing_message_holds_back_its_own_key_alone(reader: Reader, publisher: Publisher):
    reader.handler.errors["stuck"] = TransientError(ErrorCode.UNAVAILABLE, "not now")
    await _send(publisher, "stuck", 0, 1, 2)
    await _send(publisher, "free", *range(30))
    await until(lambda: reader.handler.done == [("free", number) for number in range(30)])
    reader.handler.errors.clear()
    await until(lambda: reader.handler.done[30:] == [("stuck", 0), ("stuck", 1), ("stuck", 2)])


async def test_a_bug_is_tried_three_times_and_then_kept(reader: Reader, publisher: Publisher, url: str):
    reader.handler.errors["bug"] = ValueError("what the contact wrote")
    await _send(publisher, "bug", 0, 1)
    await until(lambda: reader.handler.done == [("bug", 1)])
    assert reader.handler.tries == partitions.UNKNOWN_FAILURES + 1
    assert await depth(url, DEAD) == 1


@pytest.mark.parametrize(
    "error", [PermanentError(ErrorCode.UNREADABLE, "never"), DomainError(ErrorCode.CONFLICT, "no")]
)
async def test_what_is_decided_is_not_tried_again(
    reader: Reader, publisher: Publisher, url: str, error: Exception
):
    reader.handler.errors["k"] = error
    await _send(publisher, "k", 0, 1)
    await until(lambda: reader.handler.done == [("k", 1)])
    assert reader.handler.tries == 2
    assert await depth(url, DEAD) == (1 if isinstance(error, PermanentError) else 0)


async def test_poison_does_not_stop_a_partition(reader: Reader, publisher: Publisher, url: str):
    await publisher.publish_raw(b"{", exchange="", routing_key=QUEUE, message_id="bad", message_type="?")
    await _send(publisher, "k", 0)
    await until(lambda: reader.handler.done == [("k", 0)])
    await until(lambda: _dead(url, 1))


async def _dead(url: str, number: int) -> bool:
    return await depth(url, DEAD) == number


async def test_a_message_held_too_long_gives_the_whole_queue_up_and_keeps_its_place(
    reader: Reader, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(partitions, "HOLD_ALONE", 0.2)
    reader.handler.errors["k"] = TransientError(ErrorCode.UNAVAILABLE, "not now")
    await _send(publisher, "k", 0, 1, 2)
    await until(lambda: reader.handler.tries > 6)
    reader.handler.errors.clear()
    await until(lambda: reader.handler.done == [("k", 0), ("k", 1), ("k", 2)])


async def test_while_the_store_is_away_a_partition_is_not_read(
    url: str, publisher: Publisher, mongodb_url: str, database_prefix: str
):
    async with Proxy(f"{mongodb_url.partition('?')[0]}?directConnection=true") as proxy:
        store = Store(proxy.url, f"{database_prefix}_runtime")
        await store.ping()
        await proxy.refuse()
        reader = Reader(url, publisher, store).start()
        await _send(publisher, "k", 0)
        assert not reader.consumers._partitions[0].queues[0].consuming.is_set()
        await proxy.accept()
        await until(lambda: reader.handler.done == [("k", 0)], limit=20)
        await reader.stop()
        await asyncio.to_thread(store.close)


async def test_a_drain_finishes_what_was_begun_and_gives_the_rest_back_in_order(
    url: str, publisher: Publisher, store: Store
):
    first = Reader(url, publisher, store).start()
    first.handler.working.clear()
    await _send(publisher, "k", 0, 1, 2)
    await _send(publisher, "l", 0)
    locks = first.consumers._partitions[0]._locks
    await until(lambda: len(locks) == 2)
    draining = asyncio.create_task(first.stop())
    await draining
    assert sorted(first.handler.done) == [("k", 0), ("l", 0)]
    second = Reader(url, publisher, store, "b").start()
    await until(lambda: second.handler.done == [("k", 1), ("k", 2)])
    await second.stop()


async def test_nothing_is_read_again_once_a_replica_leaves(url: str, publisher: Publisher, store: Store):
    reader = Reader(url, publisher, store).start()
    await until(reader.consumers._partitions[0].queues[0].consuming.is_set)
    await reader.consumers.drain(5)
    reader.membership.generation += 1  # the others change while we leave
    reader.membership.members = ("z",)
    reader.membership.changed.set()
    await _send(publisher, "k", 0)
    await until(lambda: not reader.membership.changed.is_set())
    assert await depth(url, QUEUE) == 1
    await reader.stop()
    assert reader.handler.done == []
