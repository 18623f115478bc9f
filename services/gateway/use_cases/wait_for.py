"""Wait, within a limit, until something that was accepted has come about."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

#: Seconds between looks: an answer of the embedded engine takes some 50 ms, a platform's some 200.
PAUSE = 0.1


async def wait_for(look: Callable[[], Awaitable[T | None]], limit: float) -> T | None:
    """What `look` finds, or None when it found nothing within `limit` seconds. It looks once at least."""
    end = asyncio.get_running_loop().time() + limit
    while True:
        found = await look()
        left = end - asyncio.get_running_loop().time()
        if found is not None or left <= 0:
            return found
        await asyncio.sleep(min(PAUSE, left))
