"""Queries and commands that wait for their answer, by the broker's direct reply-to.

Our own client, because FastStream's `request` holds one lock for all callers and turns every error into a
time-out (621/s against 2,225/s, docs/architecture.md). One consumer takes the answers, a map finds who asked.
Source: RabbitMQ "Direct Reply-to": publish and consume on one channel, the consumer without acks.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import perf_counter
from typing import Any, TypeVar

from aio_pika.abc import AbstractChannel
from pamqp.commands import Basic
from pydantic import BaseModel

from libs.contracts.base import Command, Message, Query, Reply, result_in
from libs.contracts.envelope import CONTENT_TYPE, Envelope, wrap
from libs.contracts.errors import ErrorCode, ParleyError, TransientError, error_of
from libs.contracts.topology import query_queue
from libs.runtime import metrics
from libs.runtime.broker_link import BrokerLink, reaching_broker
from libs.runtime.clock import now
from libs.runtime.ids import new_id
from libs.runtime.telemetry import current_traceparent

T = TypeVar("T", bound=BaseModel)

_REPLY_TO = "amq.rabbitmq.reply-to"
#: Answers that may be awaited at once; past it callers are told to come back.
_MOST_PENDING = 5_000


class RpcClient:
    """Asks other services. Every answer is typed, every failure a ParleyError."""

    def __init__(self, url: str, source: str) -> None:
        self._source = source
        self._pending: dict[str, asyncio.Future[bytes]] = {}
        self._link = BrokerLink(url, f"{source} rpc", on_open=self._listen)

    async def ask(
        self, query: Query, *, service: str, account_id: str, answer: type[T], time_limit: float = 3.0
    ) -> T:
        """Ask a service. `unavailable` when it has no queue, is away or does not answer in time."""
        body = await self._ask(query, service, account_id, time_limit)
        return answer.model_validate(_result(Reply.model_validate_json(body)))

    async def ask_json(
        self, query: Query, *, service: str, account_id: str, time_limit: float = 3.0
    ) -> bytes:
        """Like `ask`, for whoever passes the answer on as it is: reading a page of a list and writing it anew
        is most of what it costs a gateway.
        """
        body = await self._ask(query, service, account_id, time_limit)
        found = result_in(body)
        if found is not None:
            return found
        return json.dumps(_result(Reply.model_validate_json(body))).encode()

    async def _ask(self, query: Query, service: str, account_id: str, time_limit: float) -> bytes:
        envelope = self._envelope(query, new_id(), account_id, None, time_limit)
        with _measured(query):
            try:
                return await self._call(envelope, "", query_queue(service), time_limit, persistent=False)
            except TimeoutError as error:
                raise TransientError(
                    ErrorCode.UNAVAILABLE, f"{service} did not answer in time", retry_after=2
                ) from error

    async def command(
        self,
        command: Command,
        *,
        exchange: str,
        routing_key: str,
        account_id: str,
        subject: str | None = None,
        id: str,  # noqa: A002 - the envelope's attribute
        time_limit: float = 10.0,
        if_version: int | None = None,
    ) -> dict[str, Any]:
        """Have a command carried out and return its result.

        `unavailable`: it was not accepted and will not be carried out. `outcome_unknown`: it was accepted,
        but there is no answer yet; the same id fetches it.
        """
        envelope = self._envelope(command, id, account_id, subject, time_limit, if_version)
        with _measured(command):
            try:
                body = await self._call(envelope, exchange, routing_key, time_limit, persistent=True)
            except TimeoutError as error:
                raise TransientError(
                    ErrorCode.OUTCOME_UNKNOWN, "accepted, but not answered yet", conversation_id=subject
                ) from error
        return _result(Reply.model_validate_json(body))

    def _envelope(
        self,
        message: Message,
        message_id: str,
        account_id: str,
        subject: str | None,
        time_limit: float,
        if_version: int | None = None,
    ) -> Envelope:
        moment = now()
        return wrap(
            message,
            id=message_id,
            source=self._source,
            time=moment,
            accountid=account_id,
            subject=subject,
            traceparent=current_traceparent(),
            expiresat=moment + timedelta(seconds=time_limit),
            ifversion=if_version,
        )

    async def _call(
        self, envelope: Envelope, exchange: str, routing_key: str, time_limit: float, *, persistent: bool
    ) -> bytes:
        """Publish, then wait. Raises TransientError without the broker's confirm, TimeoutError with it.

        A confirm is awaited as long as the message may still be carried out: whoever is told `unavailable`
        must not find it done later.
        """
        if len(self._pending) >= _MOST_PENDING:
            raise TransientError(ErrorCode.UNAVAILABLE, "too many calls are waiting", retry_after=1)
        correlation = new_id()
        waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._pending[correlation] = waiting
        deadline = asyncio.get_running_loop().time() + time_limit
        try:
            properties = _properties(envelope, correlation, time_limit, persistent=persistent)
            try:
                await self._publish(envelope.encode(), exchange, routing_key, properties, deadline)
            except TransientError:
                if not waiting.done():  # an answer without a confirm is an answer
                    raise
            async with asyncio.timeout_at(deadline):
                return await waiting
        finally:
            self._pending.pop(correlation, None)

    async def _publish(
        self, body: bytes, exchange: str, routing_key: str, properties: Basic.Properties, deadline: float
    ) -> None:
        with reaching_broker():
            async with asyncio.timeout_at(deadline):
                channel = await self._link.channel()
                await channel.basic_publish(
                    body,
                    exchange=exchange,
                    routing_key=routing_key,
                    properties=properties,
                    mandatory=True,
                    wait=False,
                )

    async def _listen(self, channel: AbstractChannel) -> None:
        raw = await channel.get_underlay_channel()

        async def take(message: Any) -> None:
            self._take(message.header.properties.correlation_id, message.body)

        await raw.basic_consume(_REPLY_TO, take, no_ack=True)

    def _take(self, correlation: str | None, body: bytes) -> None:
        waiting = self._pending.get(correlation or "")
        if waiting is None or waiting.done():
            return  # whoever asked has given up
        waiting.set_result(body)

    async def close(self) -> None:
        """Close the connection."""
        await self._link.close()


def _properties(
    envelope: Envelope, correlation: str, time_limit: float, *, persistent: bool
) -> Basic.Properties:
    return Basic.Properties(
        content_type=CONTENT_TYPE,
        delivery_mode=2 if persistent else 1,
        message_id=envelope.id,
        message_type=envelope.type,
        correlation_id=correlation,
        reply_to=_REPLY_TO,
        expiration=None if persistent else str(int(time_limit * 1000)),
    )


def _result(reply: Reply) -> dict[str, Any]:
    if reply.fault is not None:
        raise error_of(reply.fault)
    return reply.result or {}


@contextmanager
def _measured(message: Message) -> Iterator[None]:
    started, outcome = perf_counter(), "ok"
    try:
        yield
    except ParleyError as error:
        outcome = error.kind
        raise
    finally:
        metrics.CALLS.labels(message.type, outcome).observe(perf_counter() - started)
