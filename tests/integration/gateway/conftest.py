"""The gateway as a process of its own, over the real broker and database."""

import asyncio
import base64
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from deploy.local.ports import free_port
from libs.runtime.topology import declare_topology
from tests.integration.gateway.others import KEY, Others, eventually, others
from tests.patience import PATIENCE


@dataclass
class Process:
    """One replica."""

    child: asyncio.subprocess.Process
    client: httpx.AsyncClient
    port: int
    log: list[str]

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


@asynccontextmanager
async def gateway_process(rabbitmq_url: str, mongodb_url: str, prefix: str) -> AsyncIterator[Process]:
    port = free_port()
    env = {
        "PATH": os.environ["PATH"],
        "RABBITMQ_URL": rabbitmq_url,
        "MONGODB_URL": mongodb_url,
        "PARLEY_DATABASE_PREFIX": prefix,
        "PARLEY_SECRET_KEY": base64.b64encode(KEY).decode(),
        "GATEWAY_JWT_SECRET": "j" * 32,
        "GATEWAY_PORT": str(port),
        "GATEWAY_GRACE_SECONDS": "5",
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.gateway", env=env, stderr=asyncio.subprocess.PIPE
    )
    log: list[str] = []
    reading = asyncio.create_task(_read(child, log))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        process = Process(child, client, port, log)
        try:
            await eventually(lambda: _ready(process), 30)
            yield process
        finally:
            if child.returncode is None:
                child.terminate()
            async with asyncio.timeout(30 * PATIENCE):
                await child.wait()
            await reading


async def _read(child: asyncio.subprocess.Process, log: list[str]) -> None:
    assert child.stderr is not None
    while line := await child.stderr.readline():
        log.append(line.decode(errors="replace"))


async def _ready(process: Process) -> bool:
    assert process.child.returncode is None, "".join(process.log[-20:])
    try:
        return (await process.client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
async def gateway(
    module_broker_url: str, mongodb_url: str, module_database_prefix: str
) -> AsyncIterator[Process]:
    async with gateway_process(module_broker_url, mongodb_url, module_database_prefix) as process:
        yield process


@pytest.fixture
async def around(gateway: Process, module_broker_url: str) -> AsyncIterator[Others]:
    """The other services, each test its own: what was asked before is not theirs."""
    async with others(module_broker_url) as made:
        yield made


@pytest.fixture
async def declared_broker(broker_url: str) -> str:
    await declare_topology(broker_url)
    return broker_url
