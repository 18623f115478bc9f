"""Subscribers: which queues a service reads, how many messages at once, and what happens to each.

Three kinds: work queues (competing consumers, the broker's retry tiers), partitions (ordered, retried in
place) and queries. All are FastStream subscribers that hand the raw message through; acknowledging is ours,
because FastStream's default loses a message whose handler fails.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, cast

from aio_pika.abc import AbstractIncomingMessage
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage, RabbitQueue

from libs.contracts import topology
from libs.contracts.envelope import Envelope
from libs.contracts.errors import DomainError, ErrorCode, ParleyError, PermanentError, TransientError
from libs.runtime.broker_link import broker_url
from libs.runtime.clock import now
from libs.runtime.logs import get_logger
from libs.runtime.membership import Membership
from libs.runtime.middlewares import ObservingMiddleware
from libs.runtime.partitions import Partitions
from libs.runtime.publisher import Publisher
from libs.runtime.received import Routes, check_expiry, handle, read
from libs.runtime.settlement import Settlement
from libs.runtime.subscription import Subscription

_log = get_logger("consuming")


async def _as_it_is(message: Any) -> Any:
    return message


class Consumers:
    """All subscribers of one process, on one FastStream broker."""

    def __init__(
        self, url: str, publisher: Publisher, service: str, membership: Membership | None = None
    ) -> None:
        self._url = url
        self._publisher = publisher
        self._membership = membership
        self.broker = RabbitBroker(
            broker_url(url),
            logger=None,  # its own logger costs three fifths of the throughput, and ours is a middleware
            middlewares=[ObservingMiddleware],
            apply_types=False,
            graceful_timeout=None,
            reconnect_interval=1.0,
            client_properties={"app_name": f"parley-{service}"},  # type: ignore[arg-type]
        )
        self._subscriptions: list[Subscription] = []
        self._partitions: list[Partitions] = []
        self._handling: set[asyncio.Future[str]] = set()
        self.routes: dict[str, Routes] = {}

    def work_queue(self, queue: topology.Queue, routes: Routes, *, prefetch: int = 20) -> None:
        """Read a queue whose messages need no order."""
        settlement = Settlement(self._publisher, queue.name)

        async def consume(message: AbstractIncomingMessage) -> str:
            return await settle(message, routes, settlement)

        self.routes[queue.name] = routes
        self._subscriptions.append(self._subscribe(queue.name, consume, prefetch))

    def queries(self, service: str, routes: Routes, *, prefetch: int = 100) -> None:
        """Answer queries. One that fails for a passing reason is answered so: its caller decides."""
        queue = topology.query_queue(service)
        settlement = Settlement(self._publisher, queue)

        async def consume(message: AbstractIncomingMessage) -> str:
            return await answer(message, routes, settlement)

        self.routes[queue] = routes
        self._subscriptions.append(self._subscribe(queue, consume, prefetch))

    def partitions(
        self,
        queues: Sequence[str],
        routes: Routes,
        *,
        prefetch: int = 20,
        lock_key: Callable[[Envelope], str],
    ) -> None:
        """Read ordered queues: messages of one key one after the other, the others side by side."""
        if self._membership is None:
            raise ValueError("partitions are shared by membership, which this service has none of")
        group = Partitions(self._url, self._publisher, self._membership, routes, lock_key)
        for queue in queues:
            self.routes[queue] = routes
            group.add(queue, prefetch)
        self._partitions.append(group)

    def _subscribe(
        self, queue: str, consume: Callable[[AbstractIncomingMessage], Awaitable[str]], prefetch: int
    ) -> Subscription:
        subscriber = self.broker.subscriber(
            # Declared beforehand on a raw channel; passive here.
            RabbitQueue(queue, declare=False),
            channel=Channel(prefetch_count=prefetch),
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            decoder=_as_it_is,
        )

        async def take(message: RabbitMessage) -> str:
            # Shielded: aiormq cancels what it awaits when a connection is lost, which would tear handlers out
            # of their transactions.
            raw = cast("AbstractIncomingMessage", message.raw_message)
            task = asyncio.ensure_future(consume(raw))
            self._handling.add(task)
            task.add_done_callback(self._handling.discard)
            return await asyncio.shield(task)

        subscriber(take)
        return Subscription(queue, subscriber)

    async def start(self) -> None:
        """Connect and begin to read."""
        await self.broker.start()

    def background(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """What has to run while messages are read: the partitions."""
        return [run for group in self._partitions for run in group.background()]

    async def drain(self, limit: float) -> None:
        """Take nothing new, then wait until what was taken is settled, at most `limit` seconds.

        In this order: what arrives during a drain would come back with a delivery counted.
        """
        await asyncio.gather(*(subscription.cancel() for subscription in self._subscriptions))
        try:
            async with asyncio.timeout(limit):
                await asyncio.gather(
                    *(subscription.idle() for subscription in self._subscriptions),
                    *(group.step_aside(limit) for group in self._partitions),
                )
        except TimeoutError:
            _log.warning("not drained in time")

    async def stop(self) -> None:
        """Close the connections; what is not acknowledged goes back to its queue."""
        await self.broker.stop()
        for group in self._partitions:
            await group.close()

    async def ping(self) -> None:
        """Raise TransientError unless the broker answers on this connection."""
        if not await self.broker.ping(timeout=2.0):
            raise TransientError(ErrorCode.UNAVAILABLE, "the broker connection is down")


async def settle(message: AbstractIncomingMessage, routes: Routes, settlement: Settlement) -> str:
    """Handle one message and end it; the outcome's word for the metrics."""
    try:
        received = read(message)
        check_expiry(received.envelope, now())
        result = await handle(routes, received)
    except DomainError as error:
        await settlement.refused(message, error.fault())
        return "refused"
    except TransientError as error:
        await settlement.later(message, error)
        return "later"
    except ParleyError as error:
        await settlement.dead(message, error.code, error.detail)
        return "dead"
    except Exception as error:  # noqa: BLE001 - a fault of ours: kept with the dead letters, never lost
        _log.error("handler failed", exc_info=error)
        await settlement.dead(message, ErrorCode.INTERNAL, type(error).__name__)
        return "dead"
    await settlement.answered(message, result)
    return "done"


async def answer(message: AbstractIncomingMessage, routes: Routes, settlement: Settlement) -> str:
    """Handle one query. Whatever goes wrong is an answer: its caller waits, and nobody would look at a dead
    query.
    """
    try:
        received = read(message)
        check_expiry(received.envelope, now())
        result = await handle(routes, received)
    except ParleyError as error:
        await settlement.refused(message, error.fault())
        return "refused"
    except Exception as error:  # noqa: BLE001 - a fault of ours, told as such
        _log.error("query failed", exc_info=error)
        fault = PermanentError(ErrorCode.INTERNAL, "the query could not be answered")
        await settlement.refused(message, fault.fault())
        return "failed"
    await settlement.answered(message, result)
    return "done"
