"""One subscriber that can be cancelled before it is drained.

FastStream's own `stop` waits first and cancels last, so that what arrives meanwhile is dropped and comes back
with a delivery counted against its limit. Here the consumer is cancelled first.
"""

import asyncio
from typing import Any

from aiormq.exceptions import AMQPError

_LOOK = 0.02


class Subscription:
    """A FastStream subscriber with its queue's name."""

    def __init__(self, queue: str, subscriber: Any) -> None:
        self.queue = queue
        self._subscriber = subscriber

    async def cancel(self) -> None:
        """Stop taking messages; those already taken go on."""
        # FastStream has no public way to cancel without waiting; its consumer tag is all that is needed.
        tag, taken = self._subscriber._consumer_tag, self._subscriber._queue_obj  # noqa: SLF001
        self._subscriber._consumer_tag = None  # noqa: SLF001
        if tag is None or taken is None or taken.channel.is_closed:
            return
        try:
            async with asyncio.timeout(5):
                await taken.cancel(tag)
        except (AMQPError, TimeoutError, OSError):
            return  # the connection is gone, and the consumer with it

    async def idle(self) -> None:
        """Wait until nothing taken is under way."""
        while not self._subscriber.lock.empty:  # noqa: ASYNC110 - FastStream's counter has no event to wait for
            await asyncio.sleep(_LOOK)
