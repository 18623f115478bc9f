"""One update on its way to a webhook, and what became of each attempt."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from libs.standins.poster import PostAttempt

DeliveryState = Literal["queued", "acked", "expired", "dropped", "not_subscribed"]
MAX_ATTEMPTS_KEPT = 100


@dataclass(slots=True, eq=False)
class Delivery:
    """An update and its fate.

    ``queued`` until it is ``acked`` (2xx), ``expired`` (its lifetime ended) or ``dropped`` (pending updates
    were dropped, or the stand-in was reset); at once ``not_subscribed`` where ``allowed_updates`` leaves its
    kind out.
    """

    seq: int
    update_id: int
    kind: str
    queue: str
    body: bytes
    expires_at: float
    message_id: int | None = None
    chat_id: int | None = None
    duplicate: bool = False
    created: float = field(default_factory=time.monotonic)
    state: DeliveryState = "queued"
    attempts: list[PostAttempt] = field(default_factory=list)
    _done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def key(self) -> str:
        """What the journal reads it by."""
        return "" if self.chat_id is None else str(self.chat_id)

    @property
    def status(self) -> int | None:
        """HTTP status of the last attempt."""
        return self.attempts[-1].status if self.attempts else None

    @property
    def latency_s(self) -> float | None:
        """How long the receiver took for its last answer."""
        return self.attempts[-1].latency_s if self.attempts else None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self._done.is_set()

    def note(self, attempt: PostAttempt) -> None:
        """Add an attempt; past :data:`MAX_ATTEMPTS_KEPT` the second oldest goes, the first one stays."""
        self.attempts.append(attempt)
        if len(self.attempts) > MAX_ATTEMPTS_KEPT:
            del self.attempts[1]

    def end(self, state: DeliveryState) -> None:
        """Settle its fate, once."""
        if not self._done.is_set():
            self.state = state
            self._done.set()

    async def wait(self, seconds: float) -> bool:
        """Wait until it is over; false when it was not within ``seconds``."""
        try:
            async with asyncio.timeout(seconds):
                await self._done.wait()
        except TimeoutError:
            return False
        return True

    def as_json(self) -> dict[str, Any]:
        """Return it as the control API shows it."""
        return {
            "seq": self.seq,
            "update_id": self.update_id,
            "kind": self.kind,
            "queue": self.queue,
            "chat_id": self.chat_id,
            "message_id": self.message_id,
            "duplicate": self.duplicate,
            "state": self.state,
            "status": self.status,
            "latency_ms": None if self.latency_s is None else round(self.latency_s * 1000, 3),
            "attempts": [attempt.as_json() for attempt in self.attempts],
        }
