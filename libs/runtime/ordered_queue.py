"""One ordered queue as this replica reads it, with a handover that keeps the order.

Raw aio-pika: FastStream keeps one queue object for good and cancels last. Two facts of RabbitMQ decide the
steps (docs/decisions/0003): a cancelled consumer keeps what it was sent, so that the next active consumer
would get later messages first; a closed channel gives everything back to the front of the queue before the
next consumer becomes active. So: start nothing new, finish what was started, close the channel.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage

from libs.contracts.errors import TransientError
from libs.runtime.broker_link import AWAY
from libs.runtime.logs import get_logger

#: Seconds before a lost channel is opened again.
REOPEN = 0.5

_log = get_logger("ordered queue")

Consume = Callable[["OrderedQueue", AbstractIncomingMessage], Awaitable[None]]


class SteppedAside(Exception):  # noqa: N818 - not an error: the message belongs to the next consumer
    """This replica gives the queue up; the message goes back unhandled."""


class OrderedQueue:
    """Reads a queue until told to step aside, and again when told to resume."""

    def __init__(
        self, name: str, connect: Callable[[], Awaitable[AbstractConnection]], consume: Consume, prefetch: int
    ) -> None:
        self.name = name
        self._connect = connect
        self._consume = consume
        self._prefetch = prefetch
        self._aside = asyncio.Event()
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._active = 0
        self._given_up = asyncio.Event()
        self._given_up.set()
        self.consuming = asyncio.Event()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Around the handling of one message. Raises SteppedAside when none may begin any more."""
        self.check()
        self._active += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._active -= 1
            if self._active == 0:
                self._idle.set()

    def check(self) -> None:
        """Raise SteppedAside when this replica is giving the queue up."""
        if self._aside.is_set():
            raise SteppedAside

    async def run(self) -> None:
        """Read until cancelled; a lost connection is opened again."""
        while True:
            await self._wanted.wait()
            try:
                await self._read()
            except (TransientError, *AWAY) as error:
                _log.warning("ordered queue not read", queue=self.name, error_type=type(error).__name__)
                await asyncio.sleep(REOPEN)
            finally:
                self.consuming.clear()
                self._given_up.set()

    async def _read(self) -> None:
        connection = await self._connect()
        channel = await connection.channel()
        lost = asyncio.Event()
        channel.close_callbacks.add(lambda *_: lost.set())
        await channel.set_qos(prefetch_count=self._prefetch)
        queue = await channel.get_queue(self.name, ensure=False)
        await queue.consume(self._take)
        self.consuming.set()
        self._given_up.clear()
        ends = [asyncio.create_task(event.wait()) for event in (lost, self._aside)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            await self._idle.wait()
        finally:
            for end in ends:
                end.cancel()
            await _close(channel)

    async def _take(self, message: AbstractIncomingMessage) -> None:
        try:
            await self._consume(self, message)
        except SteppedAside:
            return  # closing the channel returns it
        except AWAY as error:
            # The acknowledgement found no channel: the broker delivers again, de-duplication answers.
            _log.warning("not acknowledged", queue=self.name, error_type=type(error).__name__)

    async def step_aside(self, limit: float) -> None:
        """Begin nothing new, finish what was begun, then let the next consumer have the queue. Waits at most
        `limit` seconds for the finishing.
        """
        self._wanted.clear()
        self._aside.set()
        try:
            async with asyncio.timeout(limit):
                await self._given_up.wait()
        except TimeoutError:
            _log.warning("ordered queue not drained in time", queue=self.name)

    def resume(self) -> None:
        """Read again, behind whoever reads already."""
        self._aside.clear()
        self._wanted.set()


async def _close(channel: AbstractChannel) -> None:
    try:
        async with asyncio.timeout(5):
            await channel.close()
    except AWAY:
        return  # lost already, which returns its messages as well
