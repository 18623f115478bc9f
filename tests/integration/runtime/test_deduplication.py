"""Once in effect: whatever is delivered again gets the answer of the first time."""

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel

from libs.contracts.errors import DomainError, ErrorCode, ParleyError, TransientError
from libs.runtime.deduplication import Deduplication
from libs.runtime.mongo import Session, Store
from libs.runtime.outbox import Outbox
from libs.runtime.publisher import OutboxEntry
from libs.runtime.received import Received
from libs.runtime.settlement import Answered
from tests.integration.runtime.messages import Step, step


class Count(BaseModel):
    """How often it was done."""

    times: int


class Counting:
    """Counts in the store; raises what it is told, after having written."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.runs = 0
        self.error: Exception | None = None

    async def __call__(self, received: Received[Step], session: Session) -> BaseModel | None:
        self.runs += 1
        row = await self.store.database["effects"].find_one_and_update(
            {"_id": received.message.key},
            {"$inc": {"times": 1}},
            upsert=True,
            return_document=True,
            session=session,
        )
        if self.error is not None:
            raise self.error
        return Count(times=row["times"])

    async def times(self) -> int:
        row = await self.store.database["effects"].find_one({"_id": "k"})
        return int(row["times"]) if row else 0


@pytest.fixture
def counting(store: Store) -> Counting:
    return Counting(store)


def _received(**more: Any) -> Received[Step]:
    envelope = step(**more)
    message = envelope.message()
    assert isinstance(message, Step)
    return Received(envelope, message, wants_reply=True)


async def test_a_repeat_gets_the_first_answer_and_has_no_effect(store: Store, counting: Counting):
    once = Deduplication(store, "c").once(counting)
    received = _received()
    assert await once(received) == Count(times=1)
    for _ in range(3):
        assert await once(received) == Answered(result={"times": 1})
    assert await counting.times() == 1


async def test_another_message_is_another_effect(store: Store, counting: Counting):
    once = Deduplication(store, "c").once(counting)
    assert await once(_received()) == Count(times=1)
    assert await once(_received()) == Count(times=2)


async def test_each_consumer_counts_for_itself(store: Store, counting: Counting):
    received = _received()
    await Deduplication(store, "one").once(counting)(received)
    assert await Deduplication(store, "other").once(counting)(received) == Count(times=2)


async def test_twenty_at_once_are_one_effect_and_one_answer(store: Store, counting: Counting):
    once = Deduplication(store, "c").once(counting)
    received = _received()
    answers = await asyncio.gather(*(once(received) for _ in range(20)), return_exceptions=True)
    # Those that lost against the others too often come back as passing failures, and are delivered again.
    assert {type(answer) for answer in answers} <= {Count, Answered, TransientError}
    assert await counting.times() == 1
    assert await once(received) == Answered(result={"times": 1})


async def test_a_refusal_is_kept_and_given_again_even_if_it_would_work_now(store: Store, counting: Counting):
    once = Deduplication(store, "c").once(counting)
    received = _received()
    counting.error = DomainError(ErrorCode.NOT_HANDED_OFF, "no", conversation_id="c1")
    with pytest.raises(DomainError):
        await once(received)
    assert await counting.times() == 0
    counting.error = None
    with pytest.raises(DomainError) as caught:
        await once(received)
    assert (caught.value.code, caught.value.detail, caught.value.conversation_id) == (
        "not_handed_off",
        "no",
        "c1",
    )
    assert await counting.times() == 0


async def test_a_repeat_that_would_be_refused_now_gets_the_first_answer(store: Store, counting: Counting):
    once = Deduplication(store, "c").once(counting)
    received = _received()
    await once(received)
    counting.error = DomainError(ErrorCode.INVALID_TRANSITION, "closed already")
    assert await once(received) == Answered(result={"times": 1})


@pytest.mark.parametrize("error", [TransientError(ErrorCode.UNAVAILABLE, "not now"), ValueError("bug")])
async def test_a_failure_leaves_nothing_behind_and_may_be_tried_again(
    store: Store, counting: Counting, error: Exception
):
    once = Deduplication(store, "c").once(counting)
    received = _received()
    counting.error = error
    with pytest.raises(type(error)):
        await once(received)
    assert await counting.times() == 0
    counting.error = None
    assert await once(received) == Count(times=1)


async def test_the_outbox_is_woken_after_the_commit_and_not_without(store: Store, counting: Counting):
    outbox = Outbox(store)
    once = Deduplication(store, "c").once(counting, outbox=outbox)
    counting.error = ValueError()
    with pytest.raises(ValueError):  # noqa: PT011 - the test's own
        await once(_received())
    assert not outbox.woken.is_set()
    counting.error = None
    await once(_received())
    assert outbox.woken.is_set()


async def test_state_event_and_note_are_written_together_or_not_at_all(store: Store):
    outbox = Outbox(store)
    failing = True

    async def handler(received: Received[Step], session: Session) -> BaseModel | None:
        await store.database["effects"].insert_one({"_id": "state"}, session=session)
        await outbox.add(session, [OutboxEntry(step(id="event"), "conversation.ev", "a00.x")])
        if failing:
            raise ValueError
        return None

    once = Deduplication(store, "c").once(handler, outbox=outbox)
    received = _received()
    with pytest.raises(ValueError):  # noqa: PT011 - the test's own
        await once(received)
    assert [
        await store.database[name].count_documents({}) for name in ("effects", "outbox", "deduplication")
    ] == [
        0,
        0,
        0,
    ]
    failing = False
    await once(received)
    assert [
        await store.database[name].count_documents({}) for name in ("effects", "outbox", "deduplication")
    ] == [
        1,
        1,
        1,
    ]


async def test_a_cancelled_commit_is_seen_through(store: Store, counting: Counting):
    """What a handler is torn out of by a cancellation is either done or not, and never half of it."""
    once = Deduplication(store, "c").once(counting)
    for number in range(30):
        received = _received(number=number)
        task = asyncio.ensure_future(once(received))
        for _ in range(number):
            await asyncio.sleep(0.0005)
        task.cancel()
        results = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(results[0], asyncio.CancelledError | Count | ParleyError)
        before = await counting.times()
        answer = await once(received)
        done = answer == Answered(result={"times": before})
        assert await counting.times() == before + (0 if done else 1)
