"""One ordered queue as this replica reads it, with a handover that keeps the order.

Raw aio-pika: FastStream keeps one queue object for good and cancels last. Two facts of RabbitMQ decide the
steps (docs/decisions/0003): a cancelled consumer keeps what it was sent, so that the next active consumer
would get later messages first; a closed channel gives everything back to the front of the queue before the
next consumer becomes active. So: start nothing new, finish what was started, close the channel.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage

from libs.contracts.errors import ParleyError, TransientError
from libs.runtime.broker_link import AWAY
from libs.runtime.logs import get_logger

#: Seconds before a lost channel is opened again.
REOPEN = 0.5

_log = get_logger("ordered queue")


class SteppedAside(Exception):  # noqa: N818 - not an error: the message belongs to the next consumer
    """This replica gives the queue up; the message goes back unhandled."""


class Reading:
    """One channel's consumption of the queue. Once over, by our will or by a lost connection, it begins
    nothing more: what it still holds comes again on another channel, and here would be out of order.
    """

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._active = 0

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
        """Raise SteppedAside when this reading is over."""
        if self.over.is_set():
            raise SteppedAside

    async def pause(self, seconds: float) -> None:
        """Wait before another attempt. Raises SteppedAside as soon as this reading is over."""
        try:
            async with asyncio.timeout(seconds):
                await self.over.wait()
        except TimeoutError:
            return
        raise SteppedAside

    async def idle(self) -> None:
        """Wait until nothing that was begun is under way."""
        await self._idle.wait()


Consume = Callable[[Reading, AbstractIncomingMessage], Awaitable[object]]


class OrderedQueue:
    """Reads a queue until told to step aside, and again when told to resume."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], Awaitable[AbstractConnection]],
        consume: Consume,
        prefetch: int,
        *,
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self._connect = connect
        self._on_lost = on_lost
        self._consume = consume
        self._prefetch = prefetch
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._given_up = asyncio.Event()
        self._given_up.set()
        self._reading = Reading()
        self._handling: set[asyncio.Task[None]] = set()
        self.consuming = asyncio.Event()

    async def run(self) -> None:
        """Read until cancelled; a lost connection is opened again."""
        while True:
            await self._wanted.wait()
            self._given_up.clear()
            try:
                await self._read()
            except (TransientError, *AWAY) as error:
                _log.warning("ordered queue not read", queue=self.name, error_type=type(error).__name__)
                await asyncio.sleep(REOPEN)
            finally:
                self.consuming.clear()
                self._given_up.set()

    async def _read(self) -> None:
        reading = self._reading = Reading()
        if not self._wanted.is_set():
            return  # told to step aside just before
        channel = await (await self._connect()).channel()
        try:
            channel.close_callbacks.add(lambda *_: reading.over.set())
            await channel.set_qos(prefetch_count=self._prefetch)
            queue = await channel.get_queue(self.name, ensure=False)
            await queue.consume(partial(self._take, reading))
            self.consuming.set()
            await reading.over.wait()
            self.consuming.clear()
            if channel.is_closed:
                self._on_lost()
            else:
                await reading.idle()
        finally:
            reading.over.set()
            await _close(channel)

    async def _take(self, reading: Reading, message: AbstractIncomingMessage) -> None:
        # A task of its own: aiormq cancels what it awaits when a connection is lost, which would tear one
        # out of its transaction and let the next message of the key in before the commit is through.
        task = asyncio.create_task(self._handle(reading, message))
        self._handling.add(task)
        task.add_done_callback(self._handling.discard)

    async def _handle(self, reading: Reading, message: AbstractIncomingMessage) -> None:
        try:
            await self._consume(reading, message)
        except SteppedAside:
            return  # closing the channel returns it
        except (ParleyError, *AWAY) as error:
            # It was not acknowledged, so the channel must not go on to the messages behind it: the broker
            # delivers all of them again, and de-duplication answers those that were handled.
            _log.warning("not acknowledged", queue=self.name, error_type=type(error).__name__)
            reading.over.set()

    async def step_aside(self, limit: float) -> None:
        """Begin nothing new, finish what was begun, then let the next consumer have the queue. Waits at most
        `limit` seconds for the finishing.
        """
        self._wanted.clear()
        self._reading.over.set()
        try:
            async with asyncio.timeout(limit):
                await self._given_up.wait()
        except TimeoutError:
            _log.warning("ordered queue not drained in time", queue=self.name)

    def resume(self) -> None:
        """Read again, behind whoever reads already."""
        self._wanted.set()


async def _close(channel: AbstractChannel) -> None:
    try:
        async with asyncio.timeout(5):
            await channel.close()
    except AWAY:
        return  # lost already, which returns its messages as well
