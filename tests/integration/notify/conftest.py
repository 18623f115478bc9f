from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from libs.runtime.mongo import Store
from services.notify.adapters import mongo_frames


@pytest.fixture
async def store(mongodb_url: str) -> AsyncIterator[Store]:
    """A database of its own, with notify's collections."""
    made = Store(mongodb_url, f"test_notify_{uuid4().hex[:12]}")
    await made.ensure_indexes(mongo_frames.INDEXES)
    yield made
    await made.client.drop_database(made.database.name)
    made.close()
