"""Ordered queues: one active consumer each, one message of a key at a time, retries in place.

Replicas share the partitions. Each reads all of them, but the broker serves only the first consumer of a
queue; whoever should not be first steps aside and comes back behind the one who should.

A passing failure is retried here, holding the key's lock, while other keys go on: a retry tier would let
later messages of the conversation pass.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from aio_pika.abc import AbstractConnection, AbstractIncomingMessage

from libs.contracts.envelope import Envelope
from libs.contracts.errors import DomainError, ErrorCode, ParleyError, TransientError
from libs.runtime import metrics
from libs.runtime.broker_link import connect, drop
from libs.runtime.clock import now
from libs.runtime.keyed_lock import KeyedLock
from libs.runtime.logs import get_logger
from libs.runtime.membership import Membership, deal
from libs.runtime.middlewares import observed
from libs.runtime.ordered_queue import OrderedQueue, Reading, SteppedAside
from libs.runtime.publisher import Publisher
from libs.runtime.received import Received, Routes, check_expiry, handle, read
from libs.runtime.settlement import Settlement

#: Seconds between attempts in place; the last is repeated.
BACKOFF = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
#: Attempts of a message that fails for no known reason, before it is dead.
UNKNOWN_FAILURES = 3
#: Seconds a message may be held before its queue is given up and read again. RabbitMQ takes a message back
#: after 30 minutes; with other replicas alive, theirs may be the better connection much earlier.
HOLD_ALONE = 25 * 60.0
HOLD_WITH_OTHERS = 30.0

_log = get_logger("partitions")


class Partitions:
    """A set of ordered queues that replicas share."""

    def __init__(
        self,
        url: str,
        publisher: Publisher,
        membership: Membership,
        routes: Routes,
        lock_key: Callable[[Envelope], str],
    ) -> None:
        self.queues: list[OrderedQueue] = []
        self._url = url
        self._publisher = publisher
        self._membership = membership
        self._routes = routes
        self._lock_key = lock_key
        self._locks = KeyedLock()
        self._connection: AbstractConnection | None = None
        self._connecting = asyncio.Lock()
        self._dealt = -1
        self._leaving = False
        membership.serve_when(self._consuming)

    def add(self, queue: str, prefetch: int) -> None:
        """Take one more queue into the set."""
        settlement = Settlement(self._publisher, queue)

        async def consume(reading: Reading, message: AbstractIncomingMessage) -> None:
            await observed(message, lambda: self._take(reading, message, settlement))

        self.queues.append(
            OrderedQueue(queue, self._connect, consume, prefetch, on_lost=self._membership.began_again)
        )

    async def _connect(self) -> AbstractConnection:
        # While the store is away nothing is read: each delivery that comes to nothing counts against the
        # message's limit.
        await self._membership.reach_store()
        async with self._connecting:
            # Not `is_closed`, which aio-pika sets only when it was we who closed.
            if self._connection is None or not self._connection.connected.is_set():
                lost, self._connection = self._connection, None
                await drop(lost)
                self._connection = await connect(self._url, "partitions")
            return self._connection

    async def _take(self, reading: Reading, message: AbstractIncomingMessage, settlement: Settlement) -> str:
        try:
            received = read(message)
        except ParleyError as error:
            await settlement.dead(message, error.code, error.detail)
            return "dead"
        # Nothing was awaited before this, so the places in the line are in the order of delivery.
        async with self._locks.holding(self._lock_key(received.envelope)), reading.working():
            return await self._in_place(reading, message, received, settlement)

    async def _in_place(
        self,
        reading: Reading,
        message: AbstractIncomingMessage,
        received: Received[Any],
        settlement: Settlement,
    ) -> str:
        begun, failures = asyncio.get_running_loop().time(), 0
        while True:
            try:
                check_expiry(received.envelope, now())
                result = await handle(self._routes, received)
            except DomainError as error:
                await settlement.refused(message, error.fault())
                return "refused"
            except TransientError as error:
                if self._held_too_long(begun):
                    # Not this message alone: those behind it would pass.
                    reading.over.set()
                    raise SteppedAside from error
            except ParleyError as error:
                await settlement.dead(message, error.code, error.detail)
                return "dead"
            except Exception as error:  # noqa: BLE001 - a fault of ours: tried again, then kept, never lost
                _log.error("handler failed", exc_info=error)
                if failures + 1 >= UNKNOWN_FAILURES:
                    await settlement.dead(message, ErrorCode.INTERNAL, type(error).__name__)
                    return "dead"
            else:
                await settlement.answered(message, result)
                return "done"
            metrics.IN_PLACE_RETRIES.labels(received.envelope.type).inc()
            await reading.pause(BACKOFF[min(failures, len(BACKOFF) - 1)])
            failures += 1

    def _held_too_long(self, begun: float) -> bool:
        limit = HOLD_ALONE if self._membership.alone else HOLD_WITH_OTHERS
        return asyncio.get_running_loop().time() - begun > limit

    def _consuming(self) -> bool:
        return all(queue.consuming.is_set() for queue in self.queues)

    def background(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """What runs as long as the service does."""
        return [*(queue.run for queue in self.queues), self._share]

    async def _share(self) -> None:
        """Step aside from partitions that are another's, whenever the members change."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._membership.renewal):
                    await self._membership.changed.wait()
            self._membership.changed.clear()
            generation, members = self._membership.generation, self._membership.members
            if generation != self._dealt:
                mine = deal([queue.name for queue in self.queues], members, self._membership.instance)
                await asyncio.gather(
                    *(self._stand_behind(queue) for queue in self.queues if queue.name not in mine)
                )
                self._dealt = generation

    async def _stand_behind(self, queue: OrderedQueue) -> None:
        await queue.step_aside(limit=10)
        if not self._leaving:
            queue.resume()

    async def step_aside(self, limit: float) -> None:
        """Give every queue up for good, finishing what was begun."""
        self._leaving = True
        await asyncio.gather(*(queue.step_aside(limit) for queue in self.queues))

    async def close(self) -> None:
        """Close the connection."""
        await drop(self._connection)
