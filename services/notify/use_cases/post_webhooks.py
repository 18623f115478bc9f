"""Post what is in line for one internal receiver, in order."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.notify.domain.internal_webhooks import next_attempt, signed_headers
from services.notify.use_cases.webhook_ports import Delivery, Receivers, WebhookOutbox

#: Notices that are posted in one go, before the line is left to whoever comes next.
MOST_AT_ONCE = 100


@dataclass(frozen=True)
class PostWebhooks:
    """`jitter` spreads repeats; `set_aside` is told of what was given up."""

    outbox: WebhookOutbox
    receivers: Receivers
    key: bytes
    now: Callable[[], datetime]
    jitter: Callable[[], float]
    set_aside: Callable[[str], None]

    async def __call__(self, receiver: str) -> int:
        """How many the receiver took. One that fails holds up those behind it until its next attempt is due,
        or it is set aside. Raises TransientError.
        """
        taken = 0
        while taken < MOST_AT_ONCE and await self.outbox.mine(receiver):
            delivery = await self.outbox.first(receiver)
            if delivery is None or not self._is_due(delivery):
                break
            if not await self._post(delivery):
                break
            taken += 1
        return taken

    def _is_due(self, delivery: Delivery) -> bool:
        return delivery.next_attempt_at is None or delivery.next_attempt_at <= self.now()

    async def _post(self, delivery: Delivery) -> bool:
        body = delivery.body.encode()
        headers = signed_headers(self.key, delivery.event_id, body, self.now())
        if await self.receivers.post(delivery.receiver + delivery.path, body, headers):
            await self.outbox.done(delivery)
            return True
        at = next_attempt(delivery.attempts + 1, self.now(), self.jitter())
        await self.outbox.again(delivery, at)
        if at is None:
            self.set_aside(delivery.event_id)
        return False
