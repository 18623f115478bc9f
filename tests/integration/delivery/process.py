"""A service as the process it is in production: `python -m services.<name>`."""

import asyncio
import base64
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryFile

import httpx

from tests.patience import PATIENCE

SECRET_KEY = base64.b64encode(b"k" * 32).decode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServiceProcess:
    """One replica. `address` is that of its health port."""

    def __init__(self, process: asyncio.subprocess.Process, address: str) -> None:
        self.process = process
        self.address = address

    async def ready(self) -> None:
        async with asyncio.timeout(30 * PATIENCE), httpx.AsyncClient(trust_env=False) as client:
            while not await self._is_ready(client):
                assert self.process.returncode is None, "the service has ended"
                await asyncio.sleep(0.05)

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(f"{self.address}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    async def metrics(self) -> str:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{self.address}/metrics")).text

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """As Kubernetes would; its exit code."""
        self.process.terminate()
        async with asyncio.timeout(40 * PATIENCE):
            return await self.process.wait()


@asynccontextmanager
async def service(name: str, *, broker: str, mongodb: str, prefix: str) -> AsyncIterator[ServiceProcess]:
    """Start one and wait until it is ready; what is still running at the end is killed."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "DELIVERY_INSIDE_NETWORKS": "127.0.0.0/8",
        "RABBITMQ_URL": broker,
        "MONGODB_URL": mongodb,
        "PARLEY_DATABASE_PREFIX": prefix,
        "PARLEY_SECRET_KEY": SECRET_KEY,
        f"{name.upper()}_PORT": str(port),
    }
    with TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"services.{name}", env=environment, stderr=log
        )
        try:
            started = ServiceProcess(process, f"http://127.0.0.1:{port}")
            await started.ready()
            yield started
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            log.seek(0)
            print(log.read().decode()[-20_000:])  # noqa: T201 - shown by pytest when the test fails
