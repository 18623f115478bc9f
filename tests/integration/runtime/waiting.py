"""Waiting for a condition, with a limit."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import aio_pika

from tests.patience import PATIENCE


async def until(condition: Callable[[], Any] | Callable[[], Awaitable[Any]], limit: float = 10.0) -> None:
    """Return as soon as the condition holds; fail when it does not within `limit` seconds of a
    quiet machine.
    """
    async with asyncio.timeout(limit * PATIENCE):
        while True:
            value = condition()
            if inspect.isawaitable(value):
                value = await value
            if value:
                return
            await asyncio.sleep(0.01)


async def depth(url: str, queue: str) -> int:
    """Messages that wait in a queue."""
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        declared = await channel.declare_queue(queue, passive=True)
        return int(declared.declaration_result.message_count or 0)
