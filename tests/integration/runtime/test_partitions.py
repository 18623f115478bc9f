"""Ordered queues: each key's messages take effect once and in order, whatever happens to the replicas."""

import asyncio
from collections.abc import AsyncIterator
from zlib import crc32

import aio_pika
import pytest

from libs.contracts import topology
from libs.runtime.mongo import Store
from libs.runtime.publisher import Publisher
from libs.runtime.topology import declare_topology, queue_arguments
from tests.integration.runtime.messages import step
from tests.integration.runtime.replica import Replica
from tests.integration.runtime.waiting import depth, until

QUEUES = [topology.conversation_partition_queue(f"p{number:02d}") for number in range(4)]
KEYS = [f"key{number:02d}" for number in range(24)]


@pytest.fixture
async def url(broker_url: str) -> str:
    wanted = [queue for queue in topology.QUEUES if queue.name in QUEUES]
    await declare_topology(broker_url, queues=wanted)
    return broker_url


@pytest.fixture
async def replicas(url: str, store: Store) -> AsyncIterator[dict[str, Replica]]:
    """Replicas by name; those still there at the end are stopped."""
    running: dict[str, Replica] = {}
    yield running
    await asyncio.gather(*(replica.stop() for replica in running.values()))


async def _start(replicas: dict[str, Replica], name: str, url: str, store: Store) -> Replica:
    replicas[name] = await Replica(name, url, store, QUEUES).start()
    return replicas[name]


class Load:
    """Publishes steps, key by key in order, until told to stop."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._task = asyncio.create_task(self._run())
        self._going = True
        self.counts = dict.fromkeys(KEYS, 0)

    async def _run(self) -> None:
        while self._going:
            await asyncio.gather(*(self._one(key) for key in KEYS))
            await asyncio.sleep(0.02)

    async def _one(self, key: str) -> None:
        queue = QUEUES[crc32(key.encode()) % len(QUEUES)]
        envelope = step(key, self.counts[key])
        await self._publisher.publish(envelope, exchange="", routing_key=queue)
        self.counts[key] += 1

    async def stop(self) -> None:
        self._going = False
        await self._task


@pytest.fixture
async def load(url: str, publisher: Publisher) -> AsyncIterator[Load]:
    """A load on all keys, which ends with the test."""
    made = Load(publisher)
    yield made
    await made.stop()


async def _effects(store: Store) -> dict[str, list[int]]:
    return {row["_id"]: row["numbers"] async for row in store.database["effects"].find()}


async def _settled(store: Store, load: Load) -> bool:
    effects = await _effects(store)
    return sum(map(len, effects.values())) >= sum(load.counts.values())


async def _expect_all_in_order(store: Store, load: Load, url: str) -> None:
    await until(lambda: _settled(store, load), limit=60)
    effects = await _effects(store)
    assert {key: effects[key] == list(range(count)) for key, count in load.counts.items()} == dict.fromkeys(
        KEYS, True
    )
    for queue in QUEUES:
        assert await depth(url, topology.dead_letter_queue(queue)) == 0


async def _until_handled(replica: Replica, number: int) -> None:
    begun = replica.handled

    def enough() -> bool:
        replica.check()
        return replica.handled >= begun + number

    await until(enough, limit=30)


async def test_order_and_effect_hold_while_replicas_join_leave_and_die(
    url: str, store: Store, replicas: dict[str, Replica], load: Load
):
    first = await _start(replicas, "a", url, store)
    await _until_handled(first, 100)

    second = await _start(replicas, "b", url, store)
    await _until_handled(second, 100)  # it was handed some of the partitions, under load
    await _until_handled(first, 50)  # and the first kept the others

    await replicas.pop("a").stop()
    third = await _start(replicas, "c", url, store)
    await _until_handled(third, 100)

    await replicas.pop("b").kill()
    await _until_handled(third, 200)
    await _start(replicas, "a", url, store)
    await _until_handled(replicas["a"], 100)

    await load.stop()
    await _expect_all_in_order(store, load, url)


async def test_a_lost_connection_neither_doubles_nor_disorders_and_the_partitions_come_back(
    url: str, store: Store, replicas: dict[str, Replica], load: Load
):
    first = await _start(replicas, "a", url, store)
    second = await _start(replicas, "b", url, store)
    await _until_handled(second, 100)
    for _ in range(3):
        await second.proxy.cut()
        await _until_handled(first, 50)
        await _until_handled(second, 100)  # dealt again, although no member came or went
    await load.stop()
    await _expect_all_in_order(store, load, url)


@pytest.mark.parametrize("gives_up_by", ["closing its channel", "cancelling its consumer"])
async def test_only_a_closed_channel_returns_messages_before_the_next_consumer_begins(
    url: str, gives_up_by: str
):
    """The fact that the handover stands on, seen on the broker itself, with its opposite."""
    connections = [await aio_pika.connect(url) for _ in range(3)]
    sender, one, other = [await connection.channel() for connection in connections]
    ordered = topology.Queue("facts", ordered=True)
    arguments = {**queue_arguments(ordered), "x-dead-letter-strategy": "at-most-once"}
    await sender.declare_queue("facts", durable=True, arguments=arguments)
    seen: list[int] = []
    full = asyncio.Event()

    async def first(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        if len(seen) < 15:
            seen.append(int(message.body))
            await message.ack()
        else:
            full.set()  # the rest of the prefetch is held, as by a consumer that gives up

    async def second(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        seen.append(int(message.body))
        await message.ack()

    for channel, take in ((one, first), (other, second)):
        await channel.set_qos(prefetch_count=20)
        tag = await (await channel.get_queue("facts", ensure=False)).consume(take)
        if channel is one:
            first_tag = tag
    for number in range(100):
        await sender.default_exchange.publish(
            aio_pika.Message(str(number).encode(), delivery_mode=2), routing_key="facts"
        )
    await full.wait()
    if gives_up_by == "closing its channel":
        await one.close()
    else:
        await (await one.get_queue("facts", ensure=False)).cancel(first_tag)
        await until(lambda: len(seen) > 20)
        await one.close()
    await until(lambda: len(seen) == 100)
    assert (seen == list(range(100))) is (gives_up_by == "closing its channel")
    assert sorted(seen) == list(range(100))
    for connection in connections:
        await connection.close()
