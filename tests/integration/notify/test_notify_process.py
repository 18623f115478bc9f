import asyncio

from libs.contracts import topology
from libs.contracts.conversation import ConversationEvent
from libs.contracts.frames import Frame
from libs.contracts.notify import FramePage, FramesAfter
from libs.contracts.vocabulary import SenderKind
from libs.runtime.publisher import Publisher
from libs.runtime.realtime import RealtimeQueue
from libs.runtime.rpc import RpcClient
from tests.integration.delivery.process import service
from tests.patience import PATIENCE
from tests.unit.notify.build import CONVERSATION, enveloped, handed_off, message, resolved


class Listener:
    """What every gateway would see."""

    def __init__(self, url: str) -> None:
        self.frames: list[tuple[str, Frame]] = []
        self.queue = RealtimeQueue(url, "test", self._take)

    def _take(self, key: str, body: bytes) -> None:
        self.frames.append((key, Frame.model_validate_json(body)))

    async def until(self, number: int) -> list[Frame]:
        async with asyncio.timeout(15 * PATIENCE):
            while len(self.frames) < number:  # noqa: ASYNC110 - a list has no event
                await asyncio.sleep(0.02)
        return [frame for _, frame in self.frames]


async def publish(publisher: Publisher, event: ConversationEvent, sequence: int, event_id: str) -> None:
    partition = topology.account_partition(event.conversation.account_id)
    await publisher.publish(
        enveloped(event, sequence, event_id),
        exchange=topology.CONVERSATION_EVENTS,
        routing_key=f"{partition}.{event.type}",
    )


async def test_events_become_numbered_frames(broker_url: str, mongodb_url: str, database_prefix: str):
    publisher, rpc, listener = (
        Publisher(broker_url, "test"),
        RpcClient(broker_url, "test"),
        Listener(broker_url),
    )
    async with service("notify", broker=broker_url, mongodb=mongodb_url, prefix=database_prefix) as notify:
        listening = asyncio.create_task(listener.queue.run())
        async with asyncio.timeout(10 * PATIENCE):
            await listener.queue.consuming.wait()
        await publish(publisher, message(), 1, "e-1")
        await publish(publisher, handed_off(), 2, "e-2")
        await publish(publisher, message(SenderKind.AGENT), 3, "e-3")
        await publish(publisher, resolved(), 4, "e-4")
        frames = await listener.until(7)
        assert [(one.type, one.seq) for one in frames if one.scope == "conversation"] == [
            ("contact_message", 1),
            ("handoff_started", 2),
            ("agent_message", 3),
            ("conversation_resolved", 4),
        ]
        account = [one for one in frames if one.scope == "account"]
        assert [(one.type, one.seq) for one in account] == [
            ("conversation:new_reply", 1),
            ("handoff", 2),
            ("conversation:resolved", 3),
        ]
        rooms = {key.partition(".")[2] for key, _ in listener.frames}
        assert rooms == {f"c.acc-1.{CONVERSATION}", "a.acc-1"}

        await publish(publisher, handed_off(), 2, "e-2")
        again = (await listener.until(9))[7:]
        assert [(one.type, one.seq) for one in again] == [("handoff_started", 2), ("handoff", 2)]

        page = await rpc.ask(FramesAfter(after=1), service="notify", account_id="acc-1", answer=FramePage)
        assert list(page.frames) == account[1:]
        assert (page.last, page.oldest, page.more) == (3, 1, False)
        assert await notify.stop() == 0
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    await listener.queue.stop()
    await publisher.close()
    await rpc.close()


async def test_two_replicas_number_an_account_s_frames_once(
    broker_url: str, mongodb_url: str, database_prefix: str
):
    publisher, rpc, listener = (
        Publisher(broker_url, "test"),
        RpcClient(broker_url, "test"),
        Listener(broker_url),
    )
    where = {"broker": broker_url, "mongodb": mongodb_url, "prefix": database_prefix}
    async with service("notify", **where) as doomed, service("notify", **where) as survivor:
        listening = asyncio.create_task(listener.queue.run())
        async with asyncio.timeout(10 * PATIENCE):
            await listener.queue.consuming.wait()
        for number in range(1, 61):
            conversation = f"c{number % 6}-0a07"
            await publish(publisher, resolved(conversation=conversation), number // 6 + 1, f"e-{number}")
            if number == 30:
                await doomed.kill()
        async with asyncio.timeout(20 * PATIENCE):
            while True:
                page = await rpc.ask(
                    FramesAfter(after=0), service="notify", account_id="acc-1", answer=FramePage
                )
                if len(page.frames) >= 60:
                    break
                await asyncio.sleep(0.05)
        assert [frame.seq for frame in page.frames] == list(range(1, 61))
        for conversation in range(6):
            of_this = [frame for frame in page.frames if frame.conversation_id == f"c{conversation}-0a07"]
            assert len(of_this) == 10
        assert await survivor.stop() == 0
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    published = {frame.seq for _, frame in listener.frames if frame.scope == "account"}
    assert published == set(range(1, 61))
    await listener.queue.stop()
    await publisher.close()
    await rpc.close()
