"""Realtime frames on the broker: notify publishes them, every gateway gets them all on a queue of its own.

Not persistent and capped: a frame that is lost here is seen as a hole in the numbers and fetched by query.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import aiormq
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from pamqp.commands import Basic

from libs.contracts import topology
from libs.contracts.errors import TransientError
from libs.contracts.frames import Frame
from libs.runtime import metrics
from libs.runtime.broker_link import BrokerLink, reaching_broker
from libs.runtime.ids import new_id
from libs.runtime.logs import get_logger

#: A gateway that is gone for a minute has lost its sockets, which resume elsewhere.
QUEUE_ARGUMENTS: dict[str, Any] = {"x-expires": 60_000, "x-max-length": 10_000, "x-overflow": "drop-head"}
_PREFETCH = 500
_NOT_PERSISTENT = 1
_REOPEN = 0.5

_log = get_logger("realtime")


def room_of(frame: Frame) -> str:
    """The room whose sockets a frame is for."""
    if frame.scope == "account":
        return topology.account_room(frame.account_id)
    return topology.conversation_room(frame.account_id, frame.conversation_id)


class RealtimePublisher:
    """Publishes frames, in the order of the calls."""

    def __init__(self, url: str, name: str) -> None:
        self._link = BrokerLink(url, f"{name} realtime", on_return_raises=False)

    async def publish(self, frame: Frame, *, time_limit: float = 5.0) -> None:
        """Publish one frame and wait for the confirm. Raises TransientError."""
        await self.publish_many([frame], time_limit=time_limit)

    async def publish_many(self, frames: Sequence[Frame], *, time_limit: float = 5.0) -> None:
        """Publish frames in order; their confirms are awaited together. Raises TransientError."""
        with reaching_broker():
            async with asyncio.timeout(time_limit):
                channel = await self._link.channel()
                await asyncio.gather(*(_send(channel, frame) for frame in frames))
        metrics.PUBLISHED.labels(topology.REALTIME).inc(len(frames))

    async def close(self) -> None:
        """Close the connection."""
        await self._link.close()


async def _send(channel: aiormq.Channel, frame: Frame) -> None:
    await channel.basic_publish(
        frame.model_dump_json().encode(),
        exchange=topology.REALTIME,
        routing_key=topology.room_key(room_of(frame)),
        properties=Basic.Properties(
            content_type="application/json", delivery_mode=_NOT_PERSISTENT, message_id=new_id()
        ),
        wait=False,
    )


class RealtimeQueue:
    """This process's queue of frames. `on_message` gets routing key and body, on the loop, in order.

    `on_gap` is called after a lost connection: frames may have been missed. `extra` are further bindings
    (exchange, routing key).
    """

    def __init__(
        self,
        url: str,
        instance: str,
        on_message: Callable[[str, bytes], None],
        *,
        on_gap: Callable[[], None] = lambda: None,
        extra: Sequence[topology.Binding] = (),
    ) -> None:
        self._name = f"{topology.REALTIME}.{instance}.{new_id()[-8:]}"
        self._on_message = on_message
        self._on_gap = on_gap
        self._extra = extra
        self._lost = asyncio.Event()
        self._link = BrokerLink(url, f"{instance} realtime", on_open=self._consume)
        self.consuming = asyncio.Event()

    async def _consume(self, channel: AbstractChannel) -> None:
        self._lost.clear()
        channel.close_callbacks.add(lambda *_: self._lost.set())
        await channel.set_qos(prefetch_count=_PREFETCH)
        queue = await channel.declare_queue(self._name, durable=True, arguments=QUEUE_ARGUMENTS)
        await queue.bind(topology.REALTIME, "#")
        for binding in self._extra:
            await queue.bind(binding.exchange, binding.routing_key)
        await queue.consume(self._take, no_ack=True)

    async def _take(self, message: AbstractIncomingMessage) -> None:
        self._on_message(message.routing_key or "", message.body)

    async def run(self) -> None:
        """Read until cancelled; a lost connection is opened again."""
        first = True
        while True:
            try:
                await self._link.channel()
                self.consuming.set()
                if not first:
                    self._on_gap()
                first = False
                await self._lost.wait()
            except TransientError as error:
                _log.warning("realtime queue not read", code=error.code)
            self.consuming.clear()
            await asyncio.sleep(_REOPEN)

    async def stop(self) -> None:
        """Close the connection; the queue goes by itself."""
        await self._link.close()
