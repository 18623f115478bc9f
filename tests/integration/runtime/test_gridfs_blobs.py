"""GridFS keeps what every blob store promises, and cleans up behind a process that died."""

from datetime import timedelta

import pytest

from libs.contracts.files import NewFile
from libs.runtime.gridfs_blobs import GridFsBlobs
from libs.runtime.mongo import Store
from tests.unit.runtime.blobs_suite import LONG, MOST, NOW, BlobsSuite, new_file, pieces, read


@pytest.fixture
async def blobs(store: Store) -> GridFsBlobs:
    made = GridFsBlobs(store)
    await made.prepare()
    return made


async def pieces_left(store: Store) -> int:
    return await store.database["blobs.chunks"].count_documents({})


class TestGridFsBlobs(BlobsSuite):
    async def test_nothing_lies_about_behind_what_is_gone(self, blobs: GridFsBlobs, store: Store):
        refused, repeated = new_file(), new_file()
        with pytest.raises(Exception, match="bytes"):
            await blobs.put(refused, pieces(LONG), most_bytes=10)
        for _ in range(2):
            await blobs.put(repeated, pieces(LONG), most_bytes=MOST)
        await blobs.remove(repeated.account_id, file_ids=[repeated.id])
        assert await pieces_left(store) == 0
        assert await store.database["blobs.uploads"].count_documents({}) == 0

    async def test_an_upload_whose_process_died_is_cleared_away(self, blobs: GridFsBlobs, store: Store):
        dead, whole = new_file(), new_file()
        await blobs.put(whole, pieces(LONG), most_bytes=MOST)
        await self._die_in_the_middle(store, dead)
        assert await pieces_left(store) > 3
        await blobs.remove_expired(NOW + timedelta(minutes=59), limit=10)
        assert await pieces_left(store) > 3
        await blobs.remove_expired(NOW + timedelta(hours=1), limit=10)
        assert await pieces_left(store) == 3
        assert await read(blobs, whole) == LONG
        assert await store.database["blobs.uploads"].count_documents({}) == 0

    async def _die_in_the_middle(self, store: Store, file: NewFile) -> None:
        """What is in the store when a process is killed before the end, and right after it."""
        died = await store.database["blobs.uploads"].insert_one({"started_at": file.created_at})
        chunk = {"files_id": died.inserted_id, "n": 0, "data": b"half"}
        await store.database["blobs.chunks"].insert_one(chunk)
        last = await store.database["blobs.files"].find_one({})
        assert last is not None
        await store.database["blobs.uploads"].insert_one({"_id": last["_id"], "started_at": file.created_at})
