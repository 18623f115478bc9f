import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import BulkWriteError, PyMongoError

from deploy.local import mongodb
from deploy.local.errors import ChildDiedError, MissingProgramError, NotReadyError
from deploy.local.mongodb import MongoDB
from deploy.local.ports import free_port
from tests.integration.local.looking import is_empty, processes_of, until
from tests.patience import PATIENCE

Client = AsyncIOMotorClient[dict[str, Any]]


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Client]:
    client: Client = AsyncIOMotorClient(url, serverSelectionTimeoutMS=5_000)
    try:
        yield client
    finally:
        client.close()


async def test_a_transaction_is_all_or_nothing(mongodb_url: str, database_prefix: str):
    async with connected(mongodb_url) as client:
        rows = client[database_prefix].rows
        await rows.insert_one({"_id": 0})
        with pytest.raises(BulkWriteError):
            async with await client.start_session() as session, session.start_transaction():
                await rows.insert_many([{"_id": 1}, {"_id": 0}], session=session)
        async with await client.start_session() as session, session.start_transaction():
            await rows.insert_one({"_id": 2}, session=session)
        assert [row["_id"] async for row in rows.find().sort("_id")] == [0, 2]


async def test_a_change_stream_tells_of_an_insert(mongodb_url: str, database_prefix: str):
    async with connected(mongodb_url) as client:
        rows = client[database_prefix].rows
        async with rows.watch() as stream, asyncio.timeout(10 * PATIENCE):
            await stream.try_next()  # opens it
            await rows.insert_one({"_id": "seen"})
            change = await anext(stream)
    assert change["fullDocument"] == {"_id": "seen"}


async def test_data_survive_kill_9_and_a_restart_on_another_port(tmp_path: Path):
    first = MongoDB(tmp_path)
    await first.start()
    try:
        async with connected(first.url) as client:
            await client.kept.rows.insert_one({"_id": "majority"})
        await first.kill()
        await first.start()
        async with connected(first.url) as client:
            assert await client.kept.rows.find_one() == {"_id": "majority"}
    finally:
        await first.stop()
    assert first.process.returncode == 0
    async with MongoDB(tmp_path) as moved:
        assert moved.port != first.port
        async with connected(moved.url) as client:
            await client.kept.rows.insert_one({"_id": "after the move"})
            assert await client.kept.rows.count_documents({}) == 2
    await until(lambda: not processes_of(tmp_path))


async def test_a_frozen_database_answers_nothing_and_goes_on_when_thawed(private_mongodb: MongoDB):
    async with connected(private_mongodb.url) as client:
        await client.kept.rows.insert_one({"_id": 0})
        private_mongodb.freeze()
        try:
            waiting = asyncio.ensure_future(client.kept.rows.insert_one({"_id": 1}))
            done, _ = await asyncio.wait({waiting}, timeout=0.5)
            assert not done
        finally:
            private_mongodb.thaw()
        await waiting
        assert await client.kept.rows.count_documents({}) == 2


async def test_each_test_has_databases_of_its_own(mongodb_url: str, database_prefix: str):
    async with connected(mongodb_url) as client:
        await client[f"{database_prefix}_delivery"].rows.insert_one({})
        names = await client.list_database_names()
    assert [name for name in names if name.startswith(database_prefix)] == [f"{database_prefix}_delivery"]


async def test_a_given_address_is_used_and_none_is_started(mongodb_url: str, tmp_path: Path):
    async with mongodb.mongodb_url(tmp_path, {"MONGODB_URL": mongodb_url}) as url:
        assert url == mongodb_url
    assert is_empty(tmp_path)


async def test_a_given_address_without_a_database_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mongodb, "_CONNECT_MS", 300)
    address = f"mongodb://127.0.0.1:{free_port()}/"
    with pytest.raises(NotReadyError, match="no connection to MongoDB") as raised:
        async with mongodb.mongodb_url(tmp_path, {"MONGODB_URL": address}):
            pass
    assert isinstance(raised.value.__cause__, PyMongoError)


@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        (
            "echo 'mongod: error while loading shared libraries: libcurl.so.4: cannot open' >&2; exit 127",
            MissingProgramError,
            "apt-get install libcurl4",
        ),
        ("kill -ILL $$", MissingProgramError, "AVX"),
        ("echo 'the disk is full'; exit 14", ChildDiedError, "the disk is full"),
    ],
)
async def test_a_mongod_that_does_not_start_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, error: type[Exception], message: str
):
    program = tmp_path / "mongod"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(mongodb, "server_program", lambda: program)
    with pytest.raises(error, match=message):
        await MongoDB(tmp_path / "data").start()
