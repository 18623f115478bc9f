"""Runs beside the consumers: posts what waits for the internal receivers."""

import asyncio
from collections.abc import Sequence

from libs.contracts.errors import TransientError
from libs.runtime.logs import get_logger
from services.notify.use_cases.post_webhooks import PostWebhooks

#: Seconds between looks at a line in which nothing is due.
PAUSE = 0.5

_log = get_logger("internal_webhooks")


class WebhookSender:
    """One loop a receiver, so that none holds up another."""

    def __init__(self, post: PostWebhooks, receivers: Sequence[str], *, pause: float = PAUSE) -> None:
        self._post = post
        self._receivers = receivers
        self._pause = pause

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as loops:
            for receiver in self._receivers:
                loops.create_task(self._serve(receiver))

    async def _serve(self, receiver: str) -> None:
        while True:
            try:
                taken = await self._post(receiver)
            except TransientError as error:
                _log.warning("internal webhooks wait", code=error.code)
                taken = 0
            if not taken:
                await asyncio.sleep(self._pause)
