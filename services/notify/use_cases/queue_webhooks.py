"""Put an event in line for every internal receiver."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from libs.contracts.conversation import ConversationEvent
from services.notify.domain.internal_webhooks import notice_of
from services.notify.use_cases.webhook_ports import Delivery, WebhookOutbox


@dataclass(frozen=True)
class QueueWebhooks:
    """`receivers` are base addresses; without any nothing is kept."""

    outbox: WebhookOutbox
    receivers: tuple[str, ...]
    now: Callable[[], datetime]

    async def __call__(self, event: ConversationEvent, event_id: str) -> None:
        """An event that is delivered to us again is in line once. Raises TransientError."""
        notice = notice_of(event, event_id) if self.receivers else None
        if notice is None:
            return
        lines = [
            Delivery(receiver, event_id, event.conversation.id, notice.path, notice.body)
            for receiver in self.receivers
        ]
        await self.outbox.add(lines, self.now())
