"""How a message ends: acknowledged, answered, tried again or put with the dead letters. In one place.

`DomainError` is an answer. `TransientError` sends a copy to the next retry tier, confirmed, before the
original is acknowledged. Everything else goes to the dead letters with its reason.
"""

import asyncio
from typing import Any

from aio_pika.abc import AbstractIncomingMessage
from pydantic import BaseModel

from libs.contracts.base import Fault, Reply, Written, reply_with
from libs.contracts.errors import ParleyError, PermanentError, TransientError
from libs.contracts.topology import DEAD_LETTERS, RETRY_TIERS
from libs.runtime.clock import now
from libs.runtime.logs import get_logger
from libs.runtime.publisher import Headers, Publisher

#: The tier for each further attempt; when they are used up, the message is dead.
SCHEDULE = tuple(RETRY_TIERS)
#: Seconds between attempts to put a copy down. Meanwhile the message is held, and its place in the prefetch.
COPY_PAUSE = 1.0

#: What a handler returns, for whoever waits.
Result = BaseModel | Written | None

_log = get_logger("settlement")


class Answered(BaseModel):
    """An answer as it was stored, ready to be sent again."""

    result: dict[str, Any]


def attempt_of(message: AbstractIncomingMessage) -> int:
    """Which attempt this is, counted from one."""
    value = message.headers.get("x-attempt", 1)
    return value if isinstance(value, int) else 1


class Settlement:
    """Ends messages of one queue."""

    def __init__(self, publisher: Publisher, queue: str) -> None:
        self._publisher = publisher
        self._queue = queue

    async def answered(self, message: AbstractIncomingMessage, result: Result) -> None:
        """It worked: answer whoever waits, then acknowledge."""
        if message.reply_to:
            await self._reply(message, _written(result))
        await message.ack()

    async def refused(self, message: AbstractIncomingMessage, fault: Fault) -> None:
        """A rule said no: that is an answer too."""
        if message.reply_to:
            await self._reply(message, _fault(fault))
        await message.ack()

    async def later(self, message: AbstractIncomingMessage, error: TransientError) -> None:
        """Try again after the tier's delay, or give up when there is no tier left."""
        attempt = attempt_of(message)
        if attempt > len(SCHEDULE):
            await self.dead(message, error.code, f"attempts used up: {error.detail}")
            return
        await self._copy(message, SCHEDULE[attempt - 1], {"x-attempt": attempt + 1})

    async def dead(self, message: AbstractIncomingMessage, code: str, reason: str) -> None:
        """No attempt can help: keep it, with the reason, where people can look at it; tell whoever waits."""
        _log.error("dead-lettered", queue=self._queue, type=message.type, id=message.message_id, code=code)
        headers: Headers = {
            "x-attempt": attempt_of(message),
            "x-death-code": code,
            "x-death-reason": reason[:500],
            "x-death-at": now().isoformat(),
            "x-death-queue": self._queue,
        }
        if message.reply_to:
            await self._reply(message, _fault(PermanentError(code, reason).fault()))
        await self._copy(message, DEAD_LETTERS, headers)

    async def _copy(self, message: AbstractIncomingMessage, exchange: str, headers: Headers) -> None:
        while True:
            try:
                await self._publisher.publish_raw(
                    message.body,
                    exchange=exchange,
                    routing_key=self._queue,
                    message_id=message.message_id or "",
                    message_type=message.type or "",
                    headers=headers,
                    correlation_id=message.correlation_id,
                    reply_to=message.reply_to,
                )
                break
            except TransientError as error:
                if message.channel.is_closed:
                    raise  # nothing is left to acknowledge: it is delivered again
                _log.warning("copy not taken", queue=self._queue, code=error.code)
                await asyncio.sleep(COPY_PAUSE)
        await message.ack()

    async def _reply(self, message: AbstractIncomingMessage, body: bytes) -> None:
        """Answers are not mandatory: whoever asked may have gone, and asks again with the same id."""
        try:
            await self._publisher.publish_raw(
                body,
                exchange="",
                routing_key=str(message.reply_to),
                message_id=message.message_id or "",
                message_type="reply",
                correlation_id=str(message.correlation_id),
                mandatory=False,
            )
        except ParleyError as error:
            _log.warning("answer not sent", code=error.code)


def _fault(fault: Fault) -> bytes:
    return Reply(fault=fault).model_dump_json(exclude_none=True).encode()


def _written(result: Result) -> bytes:
    if result is None:
        return reply_with("{}")
    if isinstance(result, Written):
        return reply_with(result.json)
    if isinstance(result, Answered):
        return Reply(result=result.result).model_dump_json(exclude_none=True).encode()
    return reply_with(result.model_dump_json())
