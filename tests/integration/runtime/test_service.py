"""A service's life as a process: it starts when its parts are there, drains on SIGTERM, and says so."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from libs.contracts import topology
from libs.runtime.mongo import Store
from libs.runtime.publisher import Publisher
from libs.runtime.topology import declare_topology
from tests.integration.runtime.messages import step
from tests.integration.runtime.proxy import Proxy
from tests.integration.runtime.settings import KEY
from tests.integration.runtime.waiting import depth, until
from tests.patience import PATIENCE

QUEUE = topology.AI_ANSWER_CONTACT.name


class Process:
    """One run of the sample service."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._environment = {**os.environ, **environment, "SAMPLE_PORT": str(self.port)}
        self.process: asyncio.subprocess.Process
        self.lines: list[str] = []
        self._reading: asyncio.Task[None]

    async def start(self) -> "Process":
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.integration.runtime.sample_service",
            env=self._environment,
            stderr=asyncio.subprocess.PIPE,
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.lines.append(line.decode())

    async def get(self, path: str) -> tuple[int, Any]:
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                response = await client.get(f"http://127.0.0.1:{self.port}{path}", timeout=10 * PATIENCE)
            except httpx.TransportError:
                return 0, None
        return response.status_code, response.json()

    async def ready(self) -> bool:
        assert self.process.returncode is None, "".join(self.lines)
        return (await self.get("/readyz"))[0] == 200

    async def end(self, limit: float = 20) -> int:
        async with asyncio.timeout(limit * PATIENCE):
            code = await self.process.wait()
            await self._reading
            return code

    async def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await self.end()


@pytest.fixture
async def sample(
    broker_url: str, mongodb_url: str, database_prefix: str
) -> AsyncIterator[Callable[..., Process]]:
    made: list[Process] = []

    def make(**environment: str) -> Process:
        given = {
            "RABBITMQ_URL": broker_url,
            "MONGODB_URL": mongodb_url,
            "PARLEY_DATABASE_PREFIX": database_prefix,
            "PARLEY_SECRET_KEY": KEY,
        }
        made.append(Process(given | environment))
        return made[-1]

    yield make
    for process in made:
        if process.process.returncode is None:
            process.process.kill()
            await process.end()


@pytest.fixture
async def owned(mongodb_url: str, database_prefix: str) -> AsyncIterator[Store]:
    made = Store(mongodb_url, f"{database_prefix}_ai")
    yield made
    made.close()


async def _effects(store: Store) -> int:
    return await store.database["effects"].count_documents({})


async def test_sigterm_while_handling_finishes_what_was_taken_and_leaves_the_rest(
    sample: Callable[..., Process], publisher: Publisher, broker_url: str, owned: Store
):
    process = await sample(SAMPLE_STEP_SECONDS="0.5").start()
    await until(process.ready, limit=30)
    for number in range(20):
        await publisher.publish(step(number=number), exchange="", routing_key=QUEUE)
    await until(lambda: _busy(process))
    assert await process.terminate() == 0
    done = await _effects(owned)
    assert 5 <= done < 20
    assert await depth(broker_url, QUEUE) == 20 - done
    assert await depth(broker_url, topology.dead_letter_queue(QUEUE)) == 0
    assert "what the contact wrote" not in "".join(process.lines)


async def _busy(process: Process) -> bool:
    return any('"handling"' in line for line in process.lines)


async def test_a_killed_service_loses_nothing_and_does_nothing_twice(
    sample: Callable[..., Process], publisher: Publisher, broker_url: str, owned: Store
):
    process = await sample(SAMPLE_STEP_SECONDS="0.2").start()
    await until(process.ready, limit=30)
    for number in range(20):
        await publisher.publish(step(number=number), exchange="", routing_key=QUEUE)
    await until(lambda: _busy(process))
    process.process.kill()
    await process.end()
    second = await sample().start()
    await until(lambda: _all(owned), limit=30)
    assert await second.terminate() == 0
    assert [await depth(broker_url, name) for name in (QUEUE, topology.dead_letter_queue(QUEUE))] == [0, 0]


async def _all(store: Store) -> bool:
    return await _effects(store) == 20


async def test_it_waits_for_its_broker_and_its_store(
    sample: Callable[..., Process], broker_url: str, mongodb_url: str
):
    plain = f"{mongodb_url.partition('?')[0]}?directConnection=true"
    async with Proxy(broker_url) as broker, Proxy(plain) as store:
        process = sample(RABBITMQ_URL=broker.url, MONGODB_URL=store.url)
        await broker.refuse()
        await store.refuse()
        await process.start()
        await until(lambda: _alive(process), limit=20)
        assert await process.get("/readyz") == (503, {"status": "starting"})
        await store.accept()
        await broker.accept()
        await until(process.ready, limit=30)
        assert await process.terminate() == 0


async def _alive(process: Process) -> bool:
    return (await process.get("/livez"))[0] == 200


async def test_sigterm_while_it_waits_to_start_ends_it(sample: Callable[..., Process]):
    process = await sample(RABBITMQ_URL="amqp://127.0.0.1:1/").start()
    await until(lambda: _alive(process), limit=20)
    assert await process.terminate() == 0


async def test_a_lost_broker_makes_it_unready_and_it_recovers_by_itself(
    sample: Callable[..., Process], broker_url: str, publisher: Publisher, owned: Store
):
    async with Proxy(broker_url) as proxy:
        process = await sample(RABBITMQ_URL=proxy.url).start()
        await until(process.ready, limit=30)
        await proxy.refuse()
        await until(lambda: _unready(process), limit=20)
        assert (await process.get("/livez"))[0] == 200
        await proxy.accept()
        await until(process.ready, limit=30)
        await publisher.publish(step(), exchange="", routing_key=QUEUE)
        await until(lambda: _one(owned))
        assert await process.terminate() == 0


async def _unready(process: Process) -> bool:
    return (await process.get("/readyz"))[0] == 503


async def _one(store: Store) -> bool:
    return await _effects(store) == 1


async def test_a_background_task_that_ends_ends_the_process_with_a_fault(sample: Callable[..., Process]):
    process = await sample(SAMPLE_FAILS="true").start()
    assert await process.end(30) == 1
    logged = [json.loads(line) for line in process.lines if line.startswith("{")]
    assert any(line["event"] == "ended by itself" and line["error_type"] == "ValueError" for line in logged)
    assert "what the contact wrote" not in "".join(process.lines)


async def test_topology_of_another_shape_stops_the_start(sample: Callable[..., Process], broker_url: str):
    await declare_topology(broker_url, queues=[topology.Queue(QUEUE, classic={"x-max-length": 1})], tiers={})
    process = await sample().start()
    assert await process.end(30) == 1


async def test_topology_is_declared_any_number_of_times_at_once(broker_url: str):
    await asyncio.gather(*(declare_topology(broker_url) for _ in range(3)))
    await declare_topology(broker_url)
    for queue in topology.QUEUES:
        assert await depth(broker_url, queue.name) == 0
