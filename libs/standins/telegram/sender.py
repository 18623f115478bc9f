"""Telegram's side of webhooks: queues, strictly one after another within each, and redelivery.

``speed_up`` divides every pause and lifetime, not the time limit of one post.
"""

import asyncio
import json
import logging
import random
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from libs.standins.errors import StandinError, UnknownError
from libs.standins.journal import Journal
from libs.standins.poster import PostAttempt, Poster, PostResult, Target, parse_target
from libs.standins.telegram.delivery import Delivery
from libs.standins.telegram.schedule import (
    WEBHOOK_DROPPED_AFTER_S,
    Backoff,
    parse_retry_after,
)
from libs.standins.telegram.state import JsonObject, Webhook

MAX_PENDING = 100_000
MAX_KEPT = 50_000
"""Deliveries that are remembered for the list and for duplicates on demand."""

UNSUBSCRIBED_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})

_log = logging.getLogger(__name__)


class UpdateSender:
    """Delivers one bot's updates to its webhook."""

    def __init__(
        self, *, speed_up: float = 1.0, time_limit_s: float = 60.0, on_method: Callable[[JsonObject], None]
    ) -> None:
        """``on_method`` is called with the body of an ack that asks for a Bot API call."""
        self.speed_up = speed_up
        self.webhook: Webhook | None = None
        self.pending_count = 0
        self.last_error: tuple[int, str] | None = None
        self.journal: Journal[Delivery] = Journal(MAX_KEPT)
        self._on_method = on_method
        self._poster = Poster(time_limit_s=time_limit_s)
        self._target: Target | None = None
        self._slots = asyncio.Semaphore(40)
        self._queues: dict[str, deque[Delivery]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._held: set[str] = set()
        self._changed = asyncio.Event()
        self._by_update_id: OrderedDict[int, Delivery] = OrderedDict()
        self._first_410: float | None = None
        # Random like Telegram's after a quiet week; a service must not expect ids to go on after a restart.
        self._last_update_id = random.SystemRandom().randrange(100_000_000, 1_900_000_000)

    @property
    def time_limit_s(self) -> float:
        """How long the receiver may take for one answer."""
        return self._poster.time_limit_s

    @time_limit_s.setter
    def time_limit_s(self, seconds: float) -> None:
        self._poster.time_limit_s = seconds

    def set_webhook(self, webhook: Webhook | None) -> None:
        """Deliver here from now on; what waits is tried at once. None: updates wait."""
        if webhook is not None:
            self._target = parse_target(webhook.url)
            if self.webhook is None or self.webhook.max_connections != webhook.max_connections:
                self._slots = asyncio.Semaphore(webhook.max_connections)
        self.webhook = webhook
        self._first_410 = None
        self._wake()

    def submit(
        self,
        kind: str,
        payload: JsonObject,
        *,
        queue: str | None,
        lifetime_s: float,
        chat_id: int | None = None,
        message_id: int | None = None,
        subscribed: bool | None = None,
    ) -> Delivery:
        """Give an update its id and put it into its queue (None: one of its own).

        ``subscribed`` overrides what ``allowed_updates`` says. StandinError when too many updates wait.
        """
        self._last_update_id += 1
        update_id = self._last_update_id
        delivery = Delivery(
            seq=self.journal.next_seq,
            update_id=update_id,
            kind=kind,
            queue=queue or f"update:{update_id}",
            body=json.dumps({"update_id": update_id, **payload}, separators=(",", ":")).encode(),
            expires_at=time.monotonic() + lifetime_s / self.speed_up,
            chat_id=chat_id,
            message_id=message_id,
        )
        self._by_update_id[update_id] = delivery
        if len(self._by_update_id) > MAX_KEPT:
            self._by_update_id.popitem(last=False)
        if subscribed is False or (subscribed is None and not self._is_subscribed(kind)):
            delivery.end("not_subscribed")
            self.journal.add(delivery)
        else:
            self._enqueue(delivery)
        return delivery

    def duplicate(self, update_id: int) -> Delivery:
        """Deliver the same update once more, beside all queues. UnknownError when it is not remembered."""
        original = self._by_update_id.get(update_id)
        if original is None:
            raise UnknownError(f"update {update_id} is not remembered")
        copy = Delivery(
            seq=self.journal.next_seq,
            update_id=update_id,
            kind=original.kind,
            queue=f"duplicate:{update_id}:{self.journal.next_seq}",
            body=original.body,
            expires_at=original.expires_at,
            chat_id=original.chat_id,
            message_id=original.message_id,
            duplicate=True,
        )
        self._enqueue(copy)
        return copy

    def hold(self, queue: str) -> None:
        """Let a queue wait, so that others overtake it."""
        self._held.add(queue)

    def release(self, queue: str) -> None:
        """Let a held queue go on."""
        self._held.discard(queue)
        self._wake()

    def drop_pending(self) -> None:
        """Forget what waits; a post under way is not recalled, but not repeated either."""
        for queue in self._queues.values():
            for delivery in queue:
                delivery.end("dropped")
        self._wake()

    async def close(self) -> None:
        """Stop delivering."""
        self.drop_pending()
        self.journal.close()
        workers = list(self._workers)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self._poster.close()

    def _is_subscribed(self, kind: str) -> bool:
        allowed = self.webhook.allowed_updates if self.webhook else None
        return kind not in UNSUBSCRIBED_BY_DEFAULT if allowed is None else kind in allowed

    def _enqueue(self, delivery: Delivery) -> None:
        if self.pending_count >= MAX_PENDING:
            raise StandinError(f"{MAX_PENDING} updates are waiting already; is the webhook answering?", 409)
        self.pending_count += 1
        self.journal.add(delivery)
        queue = self._queues.get(delivery.queue)
        if queue is not None:
            queue.append(delivery)
            return
        self._queues[delivery.queue] = deque((delivery,))
        worker = asyncio.create_task(self._drain(delivery.queue), name=f"updates-{delivery.queue}")
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def _drain(self, name: str) -> None:
        queue = self._queues[name]
        while queue:
            await self._deliver(queue[0], name)
            queue.popleft()
            self.pending_count -= 1
        del self._queues[name]

    async def _deliver(self, delivery: Delivery, queue: str) -> None:
        backoff = Backoff()
        while await self._may_send(delivery, queue):
            result = await self._post(delivery)
            if delivery.over:
                return
            if result.accepted:
                self._first_410 = None
                delivery.end("acked")
                self._execute_ack(result.body)
                return
            self._note_failure(result)
            pause = (
                backoff.after_failure(parse_retry_after(result.headers.get("retry-after"))) / self.speed_up
            )
            if time.monotonic() + pause > delivery.expires_at:
                delivery.end("expired")
                return
            await self._wait_for_change(pause, self._interrupts(delivery))

    def _interrupts(self, delivery: Delivery) -> Callable[[], bool]:
        """What ends the pause before a redelivery early: it is over, or the webhook is another one."""
        webhook = self.webhook
        return lambda: delivery.over or self.webhook is not webhook

    async def _may_send(self, delivery: Delivery, queue: str) -> bool:
        """Wait for the webhook and for the queue to be released. False: the update is over."""

        def ready() -> bool:
            return delivery.over or (self.webhook is not None and queue not in self._held)

        if not ready():
            await self._wait_for_change(delivery.expires_at - time.monotonic(), ready)
        if not delivery.over and (not ready() or time.monotonic() > delivery.expires_at):
            delivery.end("expired")
        return not delivery.over

    async def _wait_for_change(self, seconds: float, until: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                while not until():
                    await self._changed.wait()
        except TimeoutError:
            return

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _post(self, delivery: Delivery) -> PostResult:
        async with self._slots:
            webhook, target = self.webhook, self._target
            if webhook is None or target is None or delivery.over:
                return PostResult(error="webhook was deleted")
            headers = {"Content-Type": "application/json"}
            if webhook.secret_token:
                headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret_token
            monotonic, wall = time.monotonic(), time.time()
            result = await self._poster.post(target, delivery.body, headers)
        delivery.note(PostAttempt(monotonic, wall, result.status, result.error, result.latency_s))
        return result

    def _note_failure(self, result: PostResult) -> None:
        reason = result.error or f"Wrong response from the webhook: {result.status}"
        self.last_error = (int(time.time()), reason)
        if result.status != 410:
            self._first_410 = None
        elif self._first_410 is None:
            self._first_410 = time.monotonic()
        elif time.monotonic() - self._first_410 > WEBHOOK_DROPPED_AFTER_S / self.speed_up:
            _log.warning("webhook removed: the receiver answered 410 for 23 hours")
            self.set_webhook(None)

    def _execute_ack(self, body: bytes) -> None:
        if b'"method"' not in body:
            return
        try:
            call: Any = json.loads(body)
        except ValueError:
            return  # Telegram ignores what it cannot read here
        if isinstance(call, dict) and isinstance(call.get("method"), str):
            self._on_method(call)
