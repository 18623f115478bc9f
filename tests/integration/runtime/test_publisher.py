"""Publishing: a return means that the broker has it, anything else is `unavailable` within the time limit."""

import asyncio
from collections.abc import AsyncIterator

import aio_pika
import pytest

from deploy.local.rabbitmq import RabbitMQ
from libs.contracts.errors import ErrorCode, TransientError
from libs.runtime.broker_link import AWAY
from libs.runtime.foundation import Foundation
from libs.runtime.health import Health
from libs.runtime.publisher import OutboxEntry, Publisher
from tests.integration.runtime.messages import step
from tests.integration.runtime.proxy import Proxy
from tests.integration.runtime.settings import settings
from tests.integration.runtime.waiting import depth, until


async def _queue(url: str, name: str = "q", **arguments: object) -> None:
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum", **arguments})  # type: ignore[dict-item]
        exchange = await channel.declare_exchange("test.cmd", "topic", durable=True)
        queue = await channel.get_queue(name)
        await queue.bind(exchange, "to.q")


async def _send(
    publisher: Publisher, number: int = 0, *, routing_key: str = "q", time_limit: float = 20.0
) -> None:
    await publisher.publish(step(number=number), exchange="", routing_key=routing_key, time_limit=time_limit)


@pytest.fixture
async def proxy(broker_url: str) -> AsyncIterator[Proxy]:
    async with Proxy(broker_url) as made:
        yield made


@pytest.fixture
async def through(proxy: Proxy) -> AsyncIterator[Publisher]:
    made = Publisher(proxy.url, "test")
    yield made
    await made.close()


async def test_what_was_confirmed_is_in_the_queue(broker_url: str, publisher: Publisher):
    await _queue(broker_url)
    await asyncio.gather(*(_send(publisher, number) for number in range(200)))
    assert await depth(broker_url, "q") == 200


async def test_one_senders_messages_keep_their_order(broker_url: str, publisher: Publisher):
    await _queue(broker_url)
    entries = [OutboxEntry(step(number=number), "test.cmd", "to.q") for number in range(100)]
    assert await publisher.publish_many(entries) == [True] * 100
    assert await publisher.publish_many([]) == []
    connection = await aio_pika.connect(broker_url)
    async with connection:
        queue = await (await connection.channel()).get_queue("q")
        taken = [await queue.get(no_ack=True) for _ in entries]
    assert [message.message_id for message in taken if message] == [entry.envelope.id for entry in entries]


async def test_a_command_without_a_queue_is_not_accepted(broker_url: str, publisher: Publisher):
    with pytest.raises(TransientError) as caught:
        await _send(publisher, routing_key="nowhere")
    assert caught.value.code == ErrorCode.UNAVAILABLE
    await _queue(broker_url)
    entries = [OutboxEntry(step(), "test.cmd", "nowhere"), OutboxEntry(step(), "test.cmd", "to.q")]
    assert await publisher.publish_many(entries) == [False, True]


async def test_an_event_nobody_binds_is_fine(broker_url: str, publisher: Publisher):
    await publisher.publish(step(), exchange="amq.topic", routing_key="nobody", mandatory=False)


async def test_a_full_queue_is_not_accepted(broker_url: str, publisher: Publisher):
    await _queue(broker_url, **{"x-max-length": 5, "x-overflow": "reject-publish"})
    # The broker lets a quorum queue run over by what is under way.
    results = [await asyncio.gather(_send(publisher, number), return_exceptions=True) for number in range(30)]
    refused = [result for (result,) in results if result is not None]
    assert len(refused) >= 20
    assert all(isinstance(result, TransientError) for result in refused)


async def test_an_unknown_exchange_costs_one_message_and_not_the_publisher(
    broker_url: str, publisher: Publisher
):
    with pytest.raises(TransientError):
        await publisher.publish(step(), exchange="never-declared", routing_key="x")
    await _queue(broker_url)
    await _send(publisher)


async def test_a_broker_that_refuses_connections_fails_at_once_and_works_again_later(
    broker_url: str, proxy: Proxy, through: Publisher
):
    await _queue(broker_url)
    await proxy.refuse()
    async with asyncio.timeout(10):  # far below the limit of sending
        with pytest.raises(TransientError):
            await _send(through)
    await proxy.accept()
    await _send(through)


async def test_a_connection_lost_under_waiting_messages_fails_them_and_the_next_one_works(
    broker_url: str, proxy: Proxy, through: Publisher
):
    await _queue(broker_url)
    await _send(through)
    proxy.hold()
    sending = [asyncio.create_task(_send(through, number)) for number in range(50)]
    await asyncio.sleep(0)
    await until(lambda: all(not task.done() for task in sending))
    await proxy.cut()
    proxy.release()
    results = await asyncio.gather(*sending, return_exceptions=True)
    assert {type(result) for result in results} <= {TransientError, type(None)}
    assert TransientError in {type(result) for result in results}
    await _send(through)


async def test_a_silent_broker_fails_within_the_limit(broker_url: str, proxy: Proxy, through: Publisher):
    await _queue(broker_url)
    await _send(through)
    proxy.hold()
    begun = asyncio.get_running_loop().time()
    with pytest.raises(TransientError):
        await _send(through, time_limit=0.5)
    assert asyncio.get_running_loop().time() - begun < 5
    proxy.release()
    await _send(through)


@pytest.fixture
async def foundation(
    private_rabbitmq: RabbitMQ, mongodb_url: str, database_prefix: str
) -> AsyncIterator[Foundation]:
    """A service's foundation with its consumers connected."""
    made = Foundation("ai", settings(private_rabbitmq.url, mongodb_url, database_prefix), indexes={})
    await made.consumers.start()
    yield made
    await made.consumers.stop()
    await made.publisher.close()
    made.store.close()


async def test_a_frozen_broker_fails_publishing_and_readiness_in_time_and_a_restarted_one_works(
    private_rabbitmq: RabbitMQ, foundation: Foundation
):
    url = private_rabbitmq.url
    await _queue(url)
    health: Health = foundation.service.health
    publisher = foundation.publisher
    await _send(publisher)
    assert await health.report() == {"store": "ok", "broker": "ok", "consumers": "ok"}

    private_rabbitmq.freeze()
    begun = asyncio.get_running_loop().time()
    with pytest.raises(TransientError):
        await _send(publisher, time_limit=1.0)
    await until(lambda: asyncio.get_running_loop().time() - begun > 1.1)
    assert (await health.report())["broker"] == "the broker is away"
    assert asyncio.get_running_loop().time() - begun < 15
    private_rabbitmq.thaw()
    await until(lambda: _works(publisher), limit=20)

    await private_rabbitmq.kill()
    with pytest.raises(TransientError):
        await _send(publisher, time_limit=2.0)
    await private_rabbitmq.start()
    await until(lambda: _works(publisher), limit=30)
    await until(lambda: _ready(health), limit=30)


async def _ready(health: Health) -> bool:
    return set((await health.report()).values()) == {"ok"}


async def _works(publisher: Publisher) -> bool:
    try:
        await _send(publisher, time_limit=2.0)
    except (TransientError, *AWAY):
        return False
    return True
