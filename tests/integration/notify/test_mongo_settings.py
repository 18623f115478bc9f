import pytest

from libs.runtime.mongo import Store
from services.notify.adapters import mongo_settings
from services.notify.adapters.mongo_settings import MongoSettings
from tests.unit.notify.settings_suite import SettingsSuite


@pytest.fixture
async def kept(store: Store) -> MongoSettings:
    await store.ensure_indexes(mongo_settings.INDEXES)
    return MongoSettings(store)


class TestMongoSettings(SettingsSuite):
    pass
