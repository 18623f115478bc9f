from collections.abc import AsyncIterator

import pytest

from services.conversation.adapters.chatbot_cache import ChatbotCache
from tests.integration.conversation.repository import MongoRepository, mongo_repository
from tests.unit.conversation.fakes import InMemoryStore


@pytest.fixture(scope="module")
async def mongo_module(mongodb_url: str, module_database_prefix: str) -> AsyncIterator[MongoRepository]:
    """One database a module: making the indexes takes longer than the tests."""
    async with mongo_repository(mongodb_url, f"{module_database_prefix}_conversation") as repository:
        yield repository


@pytest.fixture
async def mongo(mongo_module: MongoRepository) -> AsyncIterator[MongoRepository]:
    """The repository on MongoDB, emptied after the test."""
    yield mongo_module
    for name in await mongo_module.store.database.list_collection_names():
        await mongo_module.store.database[name].delete_many({})
    mongo_module.chatbots = ChatbotCache(5.0)


@pytest.fixture(params=["memory", "mongo"])
def repository(request: pytest.FixtureRequest) -> InMemoryStore | MongoRepository:
    """Both repositories, one after the other."""
    if request.param == "memory":
        return InMemoryStore()
    found: MongoRepository = request.getfixturevalue("mongo")
    return found
