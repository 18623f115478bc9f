from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from libs.runtime import deduplication, outbox
from libs.runtime.mongo import Store
from services.delivery.adapters import mongo_connections, mongo_ledger


@pytest.fixture
async def store(mongodb_url: str) -> AsyncIterator[Store]:
    """A database of its own, with delivery's collections."""
    made = Store(mongodb_url, f"test_delivery_{uuid4().hex[:12]}")
    await made.ensure_indexes(
        {
            **mongo_ledger.INDEXES,
            **mongo_connections.INDEXES,
            **outbox.INDEXES,
            **deduplication.INDEXES,
        }
    )
    yield made
    await made.client.drop_database(made.database.name)
    made.close()
