"""What internal webhooks need from outside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Delivery:
    """One notice for one receiver. `event_id` is the webhook's id."""

    receiver: str
    event_id: str
    conversation_id: str
    path: str
    body: str
    attempts: int = 0
    next_attempt_at: datetime | None = None


class WebhookOutbox(Protocol):
    """Notices that are to be posted, kept until they were, a day at most. Raises TransientError."""

    async def add(self, deliveries: list[Delivery], at: datetime) -> None:
        """Keep them, behind those that are there; one that is known already changes nothing."""
        ...

    async def first(self, receiver: str) -> Delivery | None:
        """The oldest that waits for a receiver."""
        ...

    async def done(self, delivery: Delivery) -> None:
        """The receiver has it."""
        ...

    async def again(self, delivery: Delivery, at: datetime | None) -> None:
        """It failed: try it again at `at`, or set it aside."""
        ...

    async def mine(self, receiver: str) -> bool:
        """Whether this process posts to the receiver for now: one at a time does, which keeps the order."""
        ...


class Receivers(Protocol):
    """The way out."""

    async def post(self, address: str, body: bytes, headers: dict[str, str]) -> bool:
        """Whether the receiver took it (2xx), within its time limit. Raises nothing."""
        ...
