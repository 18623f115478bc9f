"""Delivery's store, a stand-in Telegram with one bot, and delivery's parts between them."""

from collections.abc import AsyncIterator

import pytest

from libs.runtime import deduplication, outbox
from libs.runtime.http_client import http_client
from libs.runtime.mongo import Store
from libs.standins.telegram import TelegramStandin
from services.delivery.adapters import mongo_connections, mongo_ledger
from services.delivery.adapters.http_caller import HttpCaller
from services.delivery.adapters.telegram_api import TelegramApi
from services.delivery.adapters.telegram_channel import TelegramChannel
from services.delivery.domain import retry_schedule
from tests.integration.delivery.rig import TOKEN, Rig
from tests.unit.delivery.channel_stage import HeldBlobs, files_of


@pytest.fixture
async def store(mongodb_url: str, database_prefix: str) -> AsyncIterator[Store]:
    made = Store(mongodb_url, f"{database_prefix}_delivery")
    await made.ensure_indexes(
        {
            **mongo_ledger.INDEXES,
            **mongo_connections.INDEXES,
            **outbox.INDEXES,
            **deduplication.INDEXES,
        }
    )
    yield made
    made.close()


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramStandin]:
    async with TelegramStandin.running(port=0) as standin:
        standin.add_bot(TOKEN)
        yield standin


@pytest.fixture
def bot(telegram: TelegramStandin):
    return telegram.bots[990001]


@pytest.fixture
async def channel(telegram: TelegramStandin) -> AsyncIterator[TelegramChannel]:
    async with http_client(timeout=1.0, connections=50) as client:
        yield TelegramChannel(
            TelegramApi(HttpCaller(client, limit=1.0)),
            files_of(HeldBlobs()),
            default_base=f"{telegram.base_url}/",
        )


@pytest.fixture
async def rig(store: Store, channel: TelegramChannel) -> AsyncIterator[Rig]:
    made = Rig(store, channel)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without the waiting."""
    monkeypatch.setattr(retry_schedule, "BACKOFF", (0.05, 0.1))
