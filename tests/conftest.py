"""The real broker and the real database for every test that asks for them, and a part of each for itself.

Both are started once a session, when the first test needs them, in a folder that is removed at the end.
With `RABBITMQ_URL` (and `RABBITMQ_MANAGEMENT_URL`, to make virtual hosts) or `MONGODB_URL` set, those servers
are used. A test that breaks a server takes `private_rabbitmq` or `private_mongodb`.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pymongo import MongoClient

from deploy.local.mongodb import MongoDB, check_database
from deploy.local.rabbitmq import RabbitMQ, check_broker
from deploy.local.rabbitmq_management import ManagedBroker

_JOURNAL_MS = 10  # the suite makes and drops many small databases

# How long an example takes says what else the machine does, and nothing of the code.
hypothesis_settings.register_profile("parley", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("parley")


class Broker(Protocol):
    """A broker in which virtual hosts can be made."""

    @property
    def url(self) -> str: ...

    async def create_vhost(self, name: str) -> str: ...

    async def delete_vhost(self, name: str) -> None: ...


@asynccontextmanager
async def _own_rabbitmq() -> AsyncIterator[RabbitMQ]:
    with tempfile.TemporaryDirectory(prefix="parley-rabbitmq-") as folder:
        broker = RabbitMQ(Path(folder))
        await broker.start()
        try:
            yield broker
        finally:
            await broker.kill()  # its data go anyway


@asynccontextmanager
async def _own_mongodb() -> AsyncIterator[MongoDB]:
    with tempfile.TemporaryDirectory(prefix="parley-mongodb-") as folder:
        database = MongoDB(Path(folder), journal_interval_ms=_JOURNAL_MS)
        await database.start()
        try:
            yield database
        finally:
            await database.kill()


@pytest.fixture(scope="session")
async def broker() -> AsyncIterator[Broker]:
    """The session's broker, for making virtual hosts of another scope than `broker_url`."""
    given = os.environ.get("RABBITMQ_URL")
    if not given:
        async with _own_rabbitmq() as own:
            yield own
        return
    management = os.environ.get("RABBITMQ_MANAGEMENT_URL")
    if not management:
        pytest.fail(
            "RABBITMQ_URL is set: set RABBITMQ_MANAGEMENT_URL too (http://user:password@host:15672), "
            "so that each test gets a virtual host of its own",
            pytrace=False,
        )
    await check_broker(given)
    async with ManagedBroker(given, management) as managed:
        yield managed


@pytest.fixture(scope="session")
async def rabbitmq_url(broker: Broker) -> str:
    """The session's broker, default virtual host: for tests that leave nothing behind."""
    return broker.url


@pytest.fixture(scope="session")
async def mongodb_url() -> AsyncIterator[str]:
    """The session's database server. Use only databases whose name begins with `database_prefix`."""
    given = os.environ.get("MONGODB_URL")
    if given:
        await check_database(given)
        yield given
        return
    async with _own_mongodb() as own:
        yield own.url


@asynccontextmanager
async def vhost(broker: Broker) -> AsyncIterator[str]:
    """The address of a virtual host that goes at the end."""
    name = f"test-{uuid4().hex[:12]}"
    url = await broker.create_vhost(name)
    try:
        yield url
    finally:
        await broker.delete_vhost(name)


@asynccontextmanager
async def databases(url: str) -> AsyncIterator[str]:
    """A prefix of database names; those databases go at the end."""
    prefix = f"test{uuid4().hex[:12]}"
    try:
        yield prefix
    finally:
        await asyncio.to_thread(_drop_databases, url, prefix)


def _drop_databases(url: str, prefix: str) -> None:
    # PyMongo's asynchronous client loses a socket when it is closed while its monitor connects.
    client: MongoClient[dict[str, Any]]
    with MongoClient(url) as client:
        for name in client.list_database_names():
            if name.startswith(prefix):
                client.drop_database(name)


@pytest.fixture
async def broker_url(broker: Broker) -> AsyncIterator[str]:
    """A virtual host of the test's own: its queues and exchanges are nobody else's, whatever their names."""
    async with vhost(broker) as url:
        yield url


@pytest.fixture(scope="module")
async def module_broker_url(broker: Broker) -> AsyncIterator[str]:
    """A virtual host for a whole module: declaring all of Parley's queues takes about a second."""
    async with vhost(broker) as url:
        yield url


@pytest.fixture
async def database_prefix(mongodb_url: str) -> AsyncIterator[str]:
    """What the names of the test's databases begin with; they are dropped after it."""
    async with databases(mongodb_url) as prefix:
        yield prefix


@pytest.fixture(scope="module")
async def module_database_prefix(mongodb_url: str) -> AsyncIterator[str]:
    """The same for a whole module."""
    async with databases(mongodb_url) as prefix:
        yield prefix


@pytest.fixture
async def private_rabbitmq() -> AsyncIterator[RabbitMQ]:
    """A broker to kill, freeze and restart."""
    async with _own_rabbitmq() as own:
        yield own


@pytest.fixture
async def private_mongodb() -> AsyncIterator[MongoDB]:
    """A database server to kill, freeze and restart."""
    async with _own_mongodb() as own:
        yield own
