"""A connection to the broker that is opened when needed and opened again after it was lost.

For the hot paths, which use aio-pika without FastStream. A call either gets an open channel within its time
limit or a TransientError: nothing waits for a broker that is away.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import cast

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import AMQPError, DeliveryError
from yarl import URL

from libs.contracts.errors import ErrorCode, TransientError

#: Seconds. A frozen broker is noticed after two missed beats; 60, the default, is too long.
HEARTBEAT = 10
#: Seconds an opening may take.
CONNECT_LIMIT = 5.0
#: What aio-pika raises when the other side is away, closed on us or silent.
AWAY = (AMQPError, OSError, TimeoutError, asyncio.IncompleteReadError, RuntimeError)


def away() -> TransientError:
    """The error for a broker that cannot be reached or does not confirm."""
    return TransientError(ErrorCode.UNAVAILABLE, "the broker is away", retry_after=2)


@contextmanager
def reaching_broker() -> Iterator[None]:
    """Turn what aio-pika raises for a broker that is away, or refuses a message, into TransientError."""
    try:
        yield
    except DeliveryError as error:
        raise TransientError(
            ErrorCode.UNAVAILABLE, "the broker did not take the message", retry_after=2
        ) from error
    except AWAY as error:
        raise away() from error
    except Exception as error:
        # aiormq rejects what waits on a channel that was closed without a reason with a bare Exception.
        if type(error) is not Exception:
            raise
        raise away() from error


def broker_url(url: str) -> str:
    """The address with our heartbeat."""
    return str(URL(url).update_query(heartbeat=str(HEARTBEAT)))


async def connect(url: str, name: str = "parley") -> AbstractConnection:
    """A plain connection with our heartbeat, opened within CONNECT_LIMIT. `name` is what the broker shows."""
    connection = aio_pika.Connection(URL(broker_url(url)), client_properties={"connection_name": name})
    try:
        async with asyncio.timeout(CONNECT_LIMIT):
            await connection.connect()
    except BaseException:
        await drop(connection)
        raise
    return connection


async def drop(connection: AbstractConnection | None) -> None:
    """Close a connection that may be lost already."""
    if connection is None:
        return
    try:
        async with asyncio.timeout(2):
            await connection.close()
    except AWAY:
        # It was lost already. aio-pika takes it for open until a close has worked, and would try one from its
        # destructor, wherever that runs; without a transport this one only marks it.
        await connection.close()


class BrokerLink:
    """One connection with one channel. `on_open` runs on each new channel, to declare and consume."""

    def __init__(
        self,
        url: str,
        name: str,
        *,
        on_return_raises: bool = True,
        on_open: Callable[[AbstractChannel], Awaitable[None]] | None = None,
    ) -> None:
        self._url = url
        self._name = name
        self._on_return_raises = on_return_raises
        self._on_open = on_open
        self._lock = asyncio.Lock()
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._raw: aiormq.Channel | None = None

    @property
    def is_open(self) -> bool:
        """Whether the last channel is still usable."""
        return self._raw is not None and not self._raw.is_closed

    async def channel(self) -> aiormq.Channel:
        """The open channel of aiormq, which aio-pika's own stands on. Raises TransientError."""
        if self._raw is not None and not self._raw.is_closed:
            return self._raw
        async with self._lock:
            if self._raw is None or self._raw.is_closed:
                try:
                    async with asyncio.timeout(CONNECT_LIMIT):
                        self._raw = await self._open()
                except AWAY as error:
                    await self._drop()
                    raise away() from error
            return self._raw

    async def _open(self) -> aiormq.Channel:
        await self._drop()
        self._connection = await connect(self._url, self._name)
        self._channel = await self._connection.channel(
            publisher_confirms=True, on_return_raises=self._on_return_raises
        )
        if self._on_open:
            await self._on_open(self._channel)
        return cast("aiormq.Channel", await self._channel.get_underlay_channel())

    async def _drop(self) -> None:
        connection, self._connection, self._channel, self._raw = self._connection, None, None, None
        await drop(connection)

    async def close(self) -> None:
        """Close for good."""
        async with self._lock:
            await self._drop()
