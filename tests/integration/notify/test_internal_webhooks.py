"""The line of internal webhooks in MongoDB, and the way out over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from libs.runtime.mongo import Store
from services.notify.adapters.http_receivers import HttpReceivers
from services.notify.adapters.mongo_webhooks import INDEXES, MongoWebhooks
from services.notify.use_cases.webhook_ports import Delivery

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
HERE, THERE = "http://here", "http://there"


@pytest.fixture
async def line_store(store: Store) -> Store:
    """With the line's own collection."""
    await store.ensure_indexes(INDEXES)
    return store


def delivery(event_id: str, receiver: str = HERE, conversation: str = "c1") -> Delivery:
    return Delivery(receiver, event_id, conversation, "/internal/webhook/x", "{}")


async def ids(line: MongoWebhooks, receiver: str) -> list[str]:
    """Empty the line; the ids in order."""
    found = []
    while first := await line.first(receiver):
        found.append(first.event_id)
        await line.done(first)
    return found


async def test_every_receiver_has_its_own_line_in_order_and_nothing_twice(line_store: Store):
    line = MongoWebhooks(line_store, "one")
    for event_id in ("e3", "e1", "e2", "e1"):
        await line.add([delivery(event_id), delivery(event_id, THERE)], NOW)
    assert await ids(line, HERE) == ["e3", "e1", "e2"]
    await line.add([delivery("e1")], NOW)
    assert await ids(line, HERE) == []
    assert await ids(line, THERE) == ["e3", "e1", "e2"]


async def test_one_that_failed_stays_in_front_until_it_is_set_aside(line_store: Store):
    line = MongoWebhooks(line_store, "one")
    await line.add([delivery("e1")], NOW)
    await line.add([delivery("e2")], NOW)
    first = await line.first(HERE)
    assert first is not None
    await line.again(first, NOW + timedelta(seconds=5))
    again = await line.first(HERE)
    assert again is not None
    assert (again.event_id, again.attempts, again.next_attempt_at) == ("e1", 1, NOW + timedelta(seconds=5))
    await line.again(again, None)
    assert await ids(line, HERE) == ["e2"]


async def test_one_process_at_a_time_posts_and_what_is_erased_is_gone(line_store: Store):
    one, other = MongoWebhooks(line_store, "one"), MongoWebhooks(line_store, "other")
    assert await one.mine(HERE)
    assert not await other.mine(HERE)
    assert await one.mine(HERE)
    assert await other.mine(THERE)
    await one.add([delivery("e1"), delivery("e2", conversation="c2")], NOW)
    await one.erase("c1")
    assert await ids(one, HERE) == ["e2"]


@pytest.mark.parametrize(
    ("head", "taken"),
    [("204 No Content", True), ("302 Found\r\nlocation: /", False), ("500 Oops", False), ("", False)],
)
async def test_only_2xx_is_taken_and_no_redirect_followed(head: str, taken: bool):
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        if head:
            writer.write(f"HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n".encode())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    receivers = HttpReceivers(limit=5)
    assert await receivers.post(f"http://127.0.0.1:{port}/x", b"{}", {"webhook-id": "e1"}) is taken
    assert len(asked) == 1
    await receivers.close()
    server.close()
    assert await receivers_refuse(port) is False


async def receivers_refuse(port: int) -> bool:
    receivers = HttpReceivers(limit=5)
    try:
        return await receivers.post(f"http://127.0.0.1:{port}/x", b"{}", {})
    finally:
        await receivers.close()
