"""Realtime frames: every gateway gets all of them in order, and hears of it when some may be missing."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from libs.contracts import topology
from libs.contracts.errors import TransientError
from libs.contracts.frames import Frame
from libs.runtime.publisher import Publisher
from libs.runtime.realtime import RealtimePublisher, RealtimeQueue
from libs.runtime.topology import declare_topology
from tests.integration.runtime.messages import step
from tests.integration.runtime.proxy import Proxy
from tests.integration.runtime.waiting import until
from tests.patience import PATIENCE


def _frame(seq: int = 0) -> Frame:
    return Frame(
        scope="conversation",
        account_id="acc",
        conversation_id="c1",
        connection_id="con",
        topic="chat:s1",
        type="contact_message",
        seq=seq,
    )


class Gateway:
    """A running queue, and what came out of it."""

    def __init__(self, url: str, name: str, **more: object) -> None:
        self.got: list[tuple[str, int]] = []
        self.gaps = 0
        self.queue = RealtimeQueue(url, name, self._take, on_gap=self._gap, **more)  # type: ignore[arg-type]
        self._task: asyncio.Task[None] | None = None

    def _take(self, key: str, body: bytes) -> None:
        self.got.append((key, Frame.model_validate_json(body).seq if key.startswith("b") else -1))

    def _gap(self) -> None:
        self.gaps += 1

    async def start(self) -> "Gateway":
        self._task = asyncio.create_task(self.queue.run())
        async with asyncio.timeout(10 * PATIENCE):
            await self.queue.consuming.wait()
        return self

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.queue.stop()


@pytest.fixture
async def url(broker_url: str) -> str:
    await declare_topology(broker_url, queues=[], tiers={})
    return broker_url


@pytest.fixture
async def frames(url: str) -> AsyncIterator[RealtimePublisher]:
    made = RealtimePublisher(url, "notify")
    yield made
    await made.close()


async def test_every_gateway_gets_every_frame_in_order(url: str, frames: RealtimePublisher):
    gateways = [await Gateway(url, name).start() for name in ("a", "b")]
    await frames.publish_many([_frame(seq) for seq in range(300)])
    await frames.publish(_frame(300))
    for gateway in gateways:
        await until(lambda gateway=gateway: len(gateway.got) == 301)  # type: ignore[misc]
        key = topology.room_key(topology.conversation_room("acc", "c1"))
        assert gateway.got == [(key, seq) for seq in range(301)]
        assert gateway.gaps == 0
        await gateway.stop()


async def test_a_frame_for_nobody_is_fine(frames: RealtimePublisher):
    await frames.publish(_frame())


async def test_further_bindings_bring_other_events(url: str, publisher: Publisher):
    extra = [topology.Binding(topology.DELIVERY_EVENTS, "#.delivery.connection_changed.v1")]
    gateway = await Gateway(url, "a", extra=extra).start()
    for key in ("p07.delivery.connection_changed.v1", "p07.delivery.reply_sent.v1"):
        await publisher.publish(step(), exchange=topology.DELIVERY_EVENTS, routing_key=key, mandatory=False)
    await until(lambda: gateway.got == [("p07.delivery.connection_changed.v1", -1)])
    await gateway.stop()


async def test_after_a_lost_connection_the_gap_is_told_and_frames_come_again(
    url: str, frames: RealtimePublisher
):
    async with Proxy(url) as proxy:
        gateway = await Gateway(proxy.url, "a").start()
        await frames.publish(_frame(1))
        await until(lambda: len(gateway.got) == 1)
        await proxy.refuse()
        await until(lambda: not gateway.queue.consuming.is_set())
        await proxy.accept()
        await until(lambda: gateway.gaps == 1)
        await frames.publish(_frame(2))
        await until(lambda: [seq for _, seq in gateway.got][-1] == 2)
        await gateway.stop()


async def test_a_broker_that_is_away_is_a_passing_failure(url: str):
    async with Proxy(url) as proxy:
        frames = RealtimePublisher(proxy.url, "notify")
        await frames.publish(_frame())
        await proxy.refuse()
        with pytest.raises(TransientError):
            await frames.publish(_frame())
        await proxy.accept()
        await frames.publish(_frame())
        proxy.hold()
        with pytest.raises(TransientError):
            await frames.publish(_frame(), time_limit=0.3)
        proxy.release()
        await frames.close()
