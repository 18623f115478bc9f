"""A store, a publisher and small topologies for tests of the runtime itself."""

from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from libs.runtime import deduplication, lease, logs, membership, outbox
from libs.runtime.dead_letters import INDEXES as DEAD_LETTER_INDEXES
from libs.runtime.mongo import Store
from libs.runtime.publisher import Publisher


@pytest.fixture
async def store(mongodb_url: str, database_prefix: str) -> AsyncIterator[Store]:
    """A store with everything the runtime keeps."""
    made = Store(mongodb_url, f"{database_prefix}_runtime")
    await made.ensure_indexes(
        {
            **lease.INDEXES,
            **membership.INDEXES,
            **outbox.INDEXES,
            **deduplication.INDEXES,
            **DEAD_LETTER_INDEXES,
            "effects": [],
        }
    )
    yield made
    made.close()


@pytest.fixture
async def publisher(broker_url: str) -> AsyncIterator[Publisher]:
    """A publisher on the test's own virtual host."""
    made = Publisher(broker_url, "test")
    yield made
    await made.close()


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Logs as services write them: structlog's default draws every local variable of a traceback."""
    structlog.configure(
        processors=[*logs.PROCESSORS, structlog.processors.KeyValueRenderer()],
        cache_logger_on_first_use=False,
    )
    yield
    structlog.reset_defaults()
