"""Work queues: a message is handled, tried again after each tier, or kept as a dead letter; never lost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import BaseModel

from libs.contracts import topology
from libs.contracts.errors import DomainError, ErrorCode, PermanentError, TransientError
from libs.runtime.consuming import Consumers
from libs.runtime.dead_letters import DeadLetterDrain, DeadLetters
from libs.runtime.mongo import Store
from libs.runtime.publisher import Publisher
from libs.runtime.received import Received
from libs.runtime.settlement import SCHEDULE
from libs.runtime.topology import declare_topology
from tests.integration.runtime.messages import Step, step
from tests.integration.runtime.proxy import Proxy
from tests.integration.runtime.waiting import depth, until

WORK = topology.AI_ANSWER_CONTACT
DEAD = topology.dead_letter_queue(WORK.name)


class Handler:
    """Notes what it handled, and fails as it is told."""

    def __init__(self) -> None:
        self.attempts: list[tuple[int, int]] = []
        self.error: Exception | None = None
        self.failures = 10**9
        self.hold: asyncio.Event | None = None
        self.most = 0
        self._active = 0

    async def __call__(self, received: Received[Step]) -> BaseModel | None:
        self._active += 1
        self.most = max(self.most, self._active)
        try:
            if self.hold is not None:
                await self.hold.wait()
            self.attempts.append((received.message.number, received.attempt))
            if self.error is not None and self.failures > 0:
                self.failures -= 1
                raise self.error
        finally:
            self._active -= 1
        return None


@pytest.fixture
async def url(broker_url: str) -> str:
    wanted = [queue for queue in topology.QUEUES if topology.owner(queue.name) in {"ai", "gateway"}]
    await declare_topology(broker_url, queues=wanted, tiers=dict.fromkeys(topology.RETRY_TIERS, 50))
    return broker_url


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
async def consumers(url: str, publisher: Publisher, handler: Handler) -> AsyncIterator[Consumers]:
    made = Consumers(url, publisher, "ai")
    made.work_queue(WORK, {Step: handler}, prefetch=10)
    await made.start()
    yield made
    if handler.hold is not None:
        handler.hold.set()
    await made.drain(5)
    await made.stop()


@pytest.fixture
async def drained(url: str, store: Store) -> AsyncIterator[None]:
    """The owner's drain, running."""
    tasks = [asyncio.create_task(DeadLetterDrain(url, store, name).run()) for name in ("ai", "gateway")]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def letters(store: Store, publisher: Publisher) -> DeadLetters:
    return DeadLetters(store, publisher)


async def _send(publisher: Publisher, *numbers: int) -> None:
    for number in numbers:
        await publisher.publish(step(number=number, id=f"m{number}"), exchange="", routing_key=WORK.name)


async def _kept(letters: DeadLetters, number: int = 1) -> list[dict[str, Any]]:
    async def enough() -> bool:
        return len(await letters.list()) >= number

    await until(enough)
    return await letters.list()


async def test_a_passing_failure_is_tried_again_after_a_tier(
    consumers: Consumers, handler: Handler, publisher: Publisher, url: str
):
    handler.error, handler.failures = TransientError(ErrorCode.UNAVAILABLE, "not now"), 2
    await _send(publisher, 1)
    await until(lambda: len(handler.attempts) == 3)
    assert handler.attempts == [(1, 1), (1, 2), (1, 3)]
    assert await depth(url, DEAD) == 0


async def test_when_the_tiers_are_used_up_it_is_a_dead_letter_with_its_reason(
    consumers: Consumers, handler: Handler, publisher: Publisher, drained: None, letters: DeadLetters
):
    handler.error = TransientError(ErrorCode.UNAVAILABLE, "the model is away")
    await _send(publisher, 1)
    (letter,) = await _kept(letters)
    assert handler.attempts == [(1, attempt) for attempt in range(1, len(SCHEDULE) + 2)]
    assert (letter["queue"], letter["code"], letter["message_id"]) == (WORK.name, "unavailable", "m1")
    assert letter["reason"] == "attempts used up: the model is away"
    assert "body" not in letter


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (PermanentError(ErrorCode.TOO_LARGE, "too big for us"), "too_large", "too big for us"),
        (ValueError("what the contact wrote"), "internal", "ValueError"),
    ],
)
async def test_what_no_attempt_can_help_is_a_dead_letter_at_once(
    consumers: Consumers,
    handler: Handler,
    publisher: Publisher,
    drained: None,
    letters: DeadLetters,
    error: Exception,
    code: str,
    reason: str,
):
    handler.error = error
    await _send(publisher, 1)
    (letter,) = await _kept(letters)
    assert (letter["code"], letter["reason"]) == (code, reason)
    assert len(handler.attempts) == 1


async def test_a_rule_that_says_no_ends_the_message(
    consumers: Consumers, handler: Handler, publisher: Publisher, url: str
):
    handler.error, handler.failures = DomainError(ErrorCode.CONFLICT, "no"), 1
    await _send(publisher, 1, 2)
    await until(lambda: len(handler.attempts) == 2)
    assert [await depth(url, name) for name in (WORK.name, DEAD)] == [0, 0]


@pytest.mark.parametrize("body", [b"", b"nonsense", b'{"specversion":"1.0"}', step(number=1).encode()[:-20]])
async def test_poison_is_kept_and_does_not_stop_the_queue(
    consumers: Consumers,
    handler: Handler,
    publisher: Publisher,
    drained: None,
    letters: DeadLetters,
    body: bytes,
):
    await publisher.publish_raw(body, exchange="", routing_key=WORK.name, message_id="bad", message_type="?")
    await _send(publisher, 2)
    (letter,) = await _kept(letters)
    assert letter["code"] == "unreadable"
    await until(lambda: handler.attempts == [(2, 1)])
    assert (await letters.show(letter["_id"]))["body"] == body.decode()


async def test_a_dead_letter_is_replayed_once_its_cause_is_gone(
    consumers: Consumers, handler: Handler, publisher: Publisher, drained: None, letters: DeadLetters
):
    handler.error = ValueError()
    await _send(publisher, 1)
    (letter,) = await _kept(letters)
    handler.error = None
    await letters.replay(letter["_id"])
    await until(lambda: handler.attempts == [(1, 1), (1, 1)])
    assert await letters.list() == []
    for gone in (letters.replay, letters.drop, letters.show):
        with pytest.raises(DomainError):
            await gone(letter["_id"])


async def test_a_letter_that_dies_again_is_kept_again(
    consumers: Consumers, handler: Handler, publisher: Publisher, drained: None, letters: DeadLetters
):
    handler.error = ValueError()
    await _send(publisher, 1)
    (letter,) = await _kept(letters)
    for attempts in range(2, 12):
        await letters.replay(letter["_id"])
        await until(lambda wanted=attempts: len(handler.attempts) == wanted)  # type: ignore[misc]
        assert len(await _kept(letters)) == 1


async def test_a_letter_is_dropped_for_good(
    consumers: Consumers, handler: Handler, publisher: Publisher, drained: None, letters: DeadLetters
):
    handler.error = ValueError()
    await _send(publisher, 1, 2)
    kept = await _kept(letters, 2)
    await letters.drop(kept[0]["_id"])
    assert [letter["_id"] for letter in await letters.list(queue=WORK.name)] == [kept[1]["_id"]]
    assert await letters.list(queue="another") == []


async def test_a_parked_body_is_kept_but_cannot_be_replayed(
    publisher: Publisher, drained: None, letters: DeadLetters, url: str
):
    await publisher.publish_raw(
        b"\xff nonsense",
        exchange="",
        routing_key=topology.PARKED,
        message_id="p1",
        message_type="telegram",
        headers={"x-reason": "no update in it"},
    )
    (letter,) = await _kept(letters)
    assert (letter["queue"], letter["code"], letter["reason"]) == (
        topology.PARKED,
        "parked",
        "no update in it",
    )
    with pytest.raises(DomainError) as caught:
        await letters.replay(letter["_id"])
    assert caught.value.code == ErrorCode.INVALID


async def test_prefetch_bounds_what_is_handled_at_once(
    consumers: Consumers, handler: Handler, publisher: Publisher, url: str
):
    handler.hold = asyncio.Event()
    await _send(publisher, *range(30))
    await until(lambda: handler.most == 10)
    handler.hold.set()
    await until(lambda: len(handler.attempts) == 30)
    assert handler.most == 10


async def test_a_drain_finishes_what_was_taken_and_leaves_the_rest(
    url: str, publisher: Publisher, handler: Handler
):
    handler.hold = asyncio.Event()
    made = Consumers(url, publisher, "ai")
    made.work_queue(WORK, {Step: handler}, prefetch=5)
    await made.start()
    await _send(publisher, *range(20))
    await until(lambda: handler.most == 5)
    draining = asyncio.create_task(made.drain(10))
    await asyncio.sleep(0.1)
    assert not draining.done()
    handler.hold.set()
    await draining
    await made.stop()
    assert sorted(number for number, _ in handler.attempts) == list(range(5))
    assert await depth(url, WORK.name) == 15


async def test_a_lost_connection_neither_loses_nor_buries_a_message(
    url: str, publisher: Publisher, handler: Handler
):
    async with Proxy(url) as proxy:
        made = Consumers(proxy.url, publisher, "ai")
        made.work_queue(WORK, {Step: handler}, prefetch=5)
        await made.start()
        handler.hold = asyncio.Event()
        await _send(publisher, *range(8))
        await until(lambda: handler.most == 5)
        await proxy.cut()
        handler.hold.set()
        await until(lambda: {number for number, _ in handler.attempts} == set(range(8)), limit=20)
        await until(lambda: _empty(url), limit=20)
        assert await depth(url, DEAD) == 0
        await made.drain(5)
        await made.stop()


async def _empty(url: str) -> bool:
    return await depth(url, WORK.name) == 0


async def test_a_full_dead_letter_queue_holds_the_message_instead_of_losing_it(
    broker_url: str, publisher: Publisher, handler: Handler, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(topology, "DEAD_LETTER_BOUND", 1)
    monkeypatch.setattr("libs.runtime.settlement.COPY_PAUSE", 0.05)
    await declare_topology(broker_url, queues=[WORK], tiers={})
    handler.error = ValueError()
    made = Consumers(broker_url, publisher, "ai")
    made.work_queue(WORK, {Step: handler}, prefetch=5)
    await made.start()
    await _send(publisher, *range(6))
    await until(lambda: len(handler.attempts) == 6)
    await made.drain(0.5)
    await made.stop()
    assert await depth(broker_url, DEAD) + await depth(broker_url, WORK.name) == 6
