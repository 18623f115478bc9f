"""A part of a knowledge base's rows deleted, so that no one write takes long."""

from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection

from libs.runtime.mongo import Store
from services.ai.domain.documents import KnowledgeBase


async def delete_some(
    store: Store, rows: AsyncIOMotorCollection[dict[str, Any]], base: KnowledgeBase, limit: int
) -> int:
    """Delete at most ``limit`` rows of the base; how many were found. Raises TransientError."""
    with store.guarded():
        found = await rows.find(base._asdict(), projection=["_id"]).limit(limit).to_list(limit)
        if found:
            await rows.delete_many({**base._asdict(), "_id": {"$in": [row["_id"] for row in found]}})
    return len(found)
