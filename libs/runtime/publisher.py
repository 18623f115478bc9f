"""Publishing with confirms, on a connection of its own: the path that a 2xx depends on."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import aiormq
from pamqp.commands import Basic

from libs.contracts.envelope import CONTENT_TYPE, Envelope
from libs.contracts.errors import TransientError
from libs.runtime import metrics
from libs.runtime.broker_link import BrokerLink, reaching_broker

_PERSISTENT = 2

Headers = dict[str, str | int]


@dataclass(frozen=True)
class OutboxEntry:
    """One message with where it goes."""

    envelope: Envelope
    exchange: str
    routing_key: str


class Publisher:
    """Publishes persistent messages and returns when the broker has confirmed them.

    A mandatory message that no queue takes, a full queue and a broker that is away are all TransientError
    with code `unavailable`: the message was not accepted.
    """

    def __init__(self, url: str, name: str) -> None:
        self._link = BrokerLink(url, f"{name} publisher")

    async def publish(
        self,
        envelope: Envelope,
        *,
        exchange: str,
        routing_key: str,
        mandatory: bool = True,
        time_limit: float = 5.0,
    ) -> None:
        """Publish one envelope."""
        await self.publish_raw(
            envelope.encode(),
            exchange=exchange,
            routing_key=routing_key,
            message_id=envelope.id,
            message_type=envelope.type,
            mandatory=mandatory,
            time_limit=time_limit,
        )

    async def publish_raw(
        self,
        body: bytes,
        *,
        exchange: str,
        routing_key: str,
        message_id: str,
        message_type: str,
        mandatory: bool = True,
        headers: Headers | None = None,
        correlation_id: str | None = None,
        reply_to: str | None = None,
        time_limit: float = 5.0,
    ) -> None:
        """Publish bytes that are an envelope already (or, for parked bodies, are none)."""
        properties = Basic.Properties(
            content_type=CONTENT_TYPE,
            delivery_mode=_PERSISTENT,
            message_id=message_id,
            message_type=message_type,
            correlation_id=correlation_id,
            reply_to=reply_to,
            headers=dict(headers) if headers else None,
        )
        try:
            with reaching_broker():
                async with asyncio.timeout(time_limit):
                    channel = await self._link.channel()
                    await _send(channel, body, exchange, routing_key, properties, mandatory)
        except TransientError:
            metrics.PUBLISH_FAILED.labels(exchange).inc()
            raise
        metrics.PUBLISHED.labels(exchange).inc()

    async def publish_many(self, entries: Sequence[OutboxEntry], *, time_limit: float = 10.0) -> list[bool]:
        """Publish all at once and say of each whether it was confirmed.

        They are written in order on one channel, so each queue gets them in order; only the waiting for the
        confirms is shared. Events nobody binds are confirmed; a command must find its queue.
        """
        if not entries:
            return []
        results = await asyncio.gather(
            *(
                self.publish(
                    entry.envelope,
                    exchange=entry.exchange,
                    routing_key=entry.routing_key,
                    mandatory=entry.exchange.endswith(".cmd"),
                    time_limit=time_limit,
                )
                for entry in entries
            ),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, TransientError):
                raise result
        return [result is None for result in results]

    async def close(self) -> None:
        """Close the connection."""
        await self._link.close()


async def _send(
    channel: aiormq.Channel,
    body: bytes,
    exchange: str,
    routing_key: str,
    properties: Basic.Properties,
    mandatory: bool,
) -> None:
    # wait=False: the channel's lock is not held until the socket drained, so that confirms overlap.
    # The confirm is awaited all the same.
    await channel.basic_publish(
        body,
        exchange=exchange,
        routing_key=routing_key,
        properties=properties,
        mandatory=mandatory,
        wait=False,
    )
