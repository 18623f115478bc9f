"""Declares on the broker what libs.contracts.topology names.

On a raw channel, before any subscriber starts: a queue declared through FastStream's broker ahead of its
start makes it ignore the subscriber's prefetch.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aio_pika.abc import AbstractChannel

from libs.contracts import topology
from libs.runtime.broker_link import connect


def queue_arguments(queue: topology.Queue) -> dict[str, Any]:
    """The arguments of a queue: quorum with dead letters and bounds, unless it names its own."""
    if queue.classic is not None:
        return dict(queue.classic)
    arguments: dict[str, Any] = {
        "x-queue-type": "quorum",
        "x-delivery-limit": topology.DELIVERY_LIMIT,
        "x-dead-letter-exchange": topology.DEAD_LETTERS,
        "x-dead-letter-routing-key": queue.name,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length": topology.QUEUE_BOUND,
    }
    if queue.ordered:
        arguments["x-single-active-consumer"] = True
    return arguments


def _tier_arguments(delay: int) -> dict[str, Any]:
    return {
        "x-queue-type": "quorum",
        "x-message-ttl": delay,
        "x-dead-letter-exchange": "",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length": topology.QUEUE_BOUND,
    }


def _dead_letter_arguments() -> dict[str, Any]:
    return {
        "x-queue-type": "quorum",
        "x-overflow": "reject-publish",
        "x-max-length": topology.DEAD_LETTER_BOUND,
    }


async def declare_topology(
    url: str,
    *,
    queues: Sequence[topology.Queue] = topology.QUEUES,
    tiers: Mapping[str, int] = topology.RETRY_TIERS,
) -> None:
    """Create every exchange, queue and binding that is missing. Changes nothing that is there; raises when
    something is there with other arguments. Fewer queues and shorter tiers are for tests.
    """
    connection = await connect(url, "topology")
    async with connection:
        channel = await connection.channel()
        for name, kind in topology.EXCHANGES.items():
            await channel.declare_exchange(name, kind, durable=True)
        for tier, delay in tiers.items():
            queue = await channel.declare_queue(tier, durable=True, arguments=_tier_arguments(delay))
            await queue.bind(tier)
        for wanted in queues:
            await _declare(channel, wanted)


async def _declare(channel: AbstractChannel, wanted: topology.Queue) -> None:
    queue = await channel.declare_queue(wanted.name, durable=True, arguments=queue_arguments(wanted))
    for binding in wanted.bindings:
        await queue.bind(binding.exchange, binding.routing_key)
    if wanted.classic is None:
        dead = await channel.declare_queue(
            topology.dead_letter_queue(wanted.name), durable=True, arguments=_dead_letter_arguments()
        )
        await dead.bind(topology.DEAD_LETTERS, wanted.name)
