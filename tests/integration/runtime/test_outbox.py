"""The outbox: what is committed is published, in order, at least once, whatever dies in between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import aio_pika
import pytest
from pymongo.errors import DuplicateKeyError

from libs.contracts.envelope import Envelope
from libs.runtime import outbox as outbox_module
from libs.runtime.lease import Lease
from libs.runtime.membership import Membership
from libs.runtime.mongo import Store
from libs.runtime.outbox import Outbox, OutboxRelay
from libs.runtime.publisher import OutboxEntry, Publisher
from tests.integration.runtime.messages import step
from tests.integration.runtime.proxy import Proxy
from tests.integration.runtime.waiting import depth, until

QUEUE = "events"
EXCHANGE = "test.ev"


class Relay:
    """One replica's outbox and relay."""

    def __init__(self, store: Store, url: str, name: str) -> None:
        self.outbox = Outbox(store)
        self.publisher = Publisher(url, name)
        self.membership = Membership(store, name, renewal=0.1, lapse_milliseconds=1_000)
        self.relay = OutboxRelay(store, self.outbox, self.publisher, name, self.membership)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> "Relay":
        self._tasks = [asyncio.create_task(self.relay.run()), asyncio.create_task(self.membership.run())]
        return self

    async def kill(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.publisher.close()


@pytest.fixture
async def url(broker_url: str) -> str:
    connection = await aio_pika.connect(broker_url)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(EXCHANGE, "topic", durable=True)
        queue = await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(exchange, "#")
    return broker_url


@pytest.fixture
async def relay(store: Store, url: str) -> AsyncIterator[Callable[..., Relay]]:
    made: list[Relay] = []

    def make(name: str = "a", through: str = url) -> Relay:
        made.append(Relay(store, through, name))
        return made[-1]

    yield make
    for one in made:
        await one.kill()


def _entry(number: int, subject: str = "c1", **more: Any) -> OutboxEntry:
    return OutboxEntry(step(key=subject, number=number, sequence=number, **more), EXCHANGE, "a00.x")


async def _commit(store: Store, outbox: Outbox, *entries: OutboxEntry) -> None:
    await store.transaction(lambda session: outbox.add(session, entries))
    outbox.wake()


async def _published(store: Store) -> int:
    return await store.database["outbox"].count_documents({"published": True})


async def _taken(url: str) -> list[Envelope]:
    connection = await aio_pika.connect(url)
    async with connection:
        queue = await (await connection.channel()).get_queue(QUEUE)
        found = []
        while message := await queue.get(no_ack=True, fail=False):
            found.append(Envelope.model_validate_json(message.body))
        return found


async def test_events_are_published_in_order_and_marked(store: Store, url: str, relay: Callable[..., Relay]):
    one = relay().start()
    for number in range(100):
        await _commit(store, one.outbox, _entry(2 * number), _entry(2 * number + 1))
    await until(lambda: _all(store, 200))
    assert [event.sequence for event in await _taken(url)] == list(range(200))


async def _all(store: Store, number: int) -> bool:
    return await _published(store) == number


async def test_a_wake_up_publishes_within_milliseconds(store: Store, url: str, relay: Callable[..., Relay]):
    one = relay().start()
    await _commit(store, one.outbox, _entry(0))
    await until(lambda: _all(store, 1))
    loop = asyncio.get_running_loop()
    took = []
    for number in range(1, 11):
        begun = loop.time()
        await _commit(store, one.outbox, _entry(number))
        await until(lambda wanted=number + 1: _all(store, wanted))  # type: ignore[misc]
        took.append(loop.time() - begun)
    assert sorted(took)[5] < 0.3  # a poll would take up to a second


async def test_what_another_replica_commits_wakes_the_one_that_relays(
    store: Store, url: str, relay: Callable[..., Relay]
):
    first, second = relay("a").start(), relay("b").start()
    await until(lambda: not first.membership.alone and not second.membership.alone)
    await _commit(store, first.outbox, _entry(0))
    await until(lambda: _all(store, 1))
    leader, other = (first, second) if first.relay._holds else (second, first)
    assert leader.relay._holds
    assert not other.relay._holds
    await _commit(store, other.outbox, *(_entry(number) for number in range(1, 50)))
    await until(lambda: _all(store, 50))
    assert [event.sequence for event in await _taken(url)] == list(range(50))


async def test_another_replica_takes_over_when_the_first_dies(
    store: Store, url: str, relay: Callable[..., Relay]
):
    first = relay("a").start()
    await _commit(store, first.outbox, _entry(0))
    await until(lambda: _all(store, 1))
    second = relay("b").start()
    await first.kill()
    await _commit(store, second.outbox, _entry(1))
    await until(lambda: _all(store, 2), limit=15)  # the lease lapses after six seconds
    assert second.relay._holds


async def test_a_replica_that_leaves_lets_the_next_one_relay_at_once(
    store: Store, url: str, relay: Callable[..., Relay], monkeypatch: pytest.MonkeyPatch
):
    # Were it not given back, it would hold for longer than anybody waits here.
    monkeypatch.setattr(outbox_module, "Lease", partial(Lease, seconds=600.0))
    first = relay("a").start()
    await _commit(store, first.outbox, _entry(0))
    await until(lambda: _all(store, 1))
    await first.kill()
    await first.relay.give_up()
    second = relay("b").start()
    await _commit(store, second.outbox, _entry(1))
    await until(lambda: _all(store, 2))


async def test_a_crash_between_publishing_and_marking_repeats_and_loses_nothing(
    store: Store, url: str, relay: Callable[..., Relay]
):
    one = relay()
    await _commit(store, one.outbox, *(_entry(number) for number in range(20)))
    await one.relay.publish_batch()
    await store.database["outbox"].update_many(
        {}, {"$set": {"published": False}, "$unset": {"published_at": ""}}
    )
    one.start()
    await until(lambda: _all(store, 20))
    events = await _taken(url)
    assert [event.sequence for event in events] == [*range(20), *range(20)]
    assert len({event.id for event in events}) == 20  # so that consumers recognise them


async def test_while_the_broker_is_away_events_wait_and_then_go_in_order(
    store: Store, url: str, relay: Callable[..., Relay]
):
    async with Proxy(url) as proxy:
        one = relay("a", proxy.url).start()
        await _commit(store, one.outbox, _entry(0))
        await until(lambda: _all(store, 1))
        await proxy.refuse()
        for number in range(1, 30):
            await _commit(store, one.outbox, _entry(number))
        assert await _published(store) == 1
        await proxy.accept()
        await until(lambda: _all(store, 30), limit=20)
        assert [event.sequence for event in await _taken(url)] == list(range(30))
        await one.kill()


async def test_more_than_one_batch_goes_without_a_pause(store: Store, url: str, relay: Callable[..., Relay]):
    one = relay()
    for start in range(0, 1000, 100):
        await _commit(store, one.outbox, *(_entry(number) for number in range(start, start + 100)))
    one.start()
    await until(lambda: _all(store, 1000))
    assert await depth(url, QUEUE) == 1000


async def test_one_conversations_sequence_is_unique(store: Store, relay: Callable[..., Relay]):
    one = relay()
    await _commit(store, one.outbox, _entry(1))
    with pytest.raises(DuplicateKeyError):
        await _commit(store, one.outbox, _entry(1))
    await _commit(store, one.outbox, _entry(1, "another"))


async def test_events_can_be_read_again_by_conversation_and_sequence(
    store: Store, relay: Callable[..., Relay]
):
    one = relay()
    await _commit(store, one.outbox, *(_entry(number) for number in range(1, 11)), _entry(1, "another"))
    again = await one.outbox.events_after("c1", 4, 3)
    assert [(event.subject, event.sequence) for event in again] == [("c1", 5), ("c1", 6), ("c1", 7)]
    assert await one.outbox.events_after("c1", 10, 3) == []
    assert await one.outbox.events_after("nobody", 0, 3) == []


async def test_a_command_without_a_queue_stays_in_the_outbox(
    store: Store, url: str, relay: Callable[..., Relay]
):
    connection = await aio_pika.connect(url)
    async with connection:
        await (await connection.channel()).declare_exchange("test.cmd", "topic", durable=True)
    one = relay()
    await _commit(store, one.outbox, OutboxEntry(step(), "test.cmd", "nobody"), _entry(1))
    assert await one.relay.publish_batch() == 2
    assert await _published(store) == 1


async def test_an_empty_outbox_costs_nothing(relay: Callable[..., Relay]):
    assert await relay().relay.publish_batch() == 0
