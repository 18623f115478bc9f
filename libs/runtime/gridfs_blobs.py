"""The blob store in MongoDB's GridFS: pieces of 255 KiB, majority writes, one database for all services."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from gridfs.errors import CorruptGridFile, FileExists, NoFile
from motor.motor_asyncio import AsyncIOMotorGridFSBucket
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from libs.contracts.errors import ErrorCode, TransientError
from libs.contracts.files import NewFile, StoredFile
from libs.runtime.blobs import no_such_file, too_large
from libs.runtime.mongo import Store

_BUCKET = "blobs"
_FILES = f"{_BUCKET}.files"
_UPLOADS = f"{_BUCKET}.uploads"
#: The longest an upload takes. What is left of an older one comes from a process that died.
_LONGEST_UPLOAD = timedelta(hours=1)
#: Names in one filter.
_BATCH = 500

INDEXES = {
    _FILES: [
        IndexModel(
            [("metadata.account_id", ASCENDING), ("metadata.id", ASCENDING)], name="one_an_id", unique=True
        ),
        IndexModel([("metadata.account_id", ASCENDING), ("metadata.owner", ASCENDING)], name="owner"),
        IndexModel(
            [("metadata.expires_at", ASCENDING)],
            name="expiring",
            partialFilterExpression={"metadata.expires_at": {"$type": "date"}},
        ),
    ],
    _UPLOADS: [IndexModel([("started_at", ASCENDING)], name="started")],
}


class GridFsBlobs:
    """Implements the port Blobs over a store whose database is for blobs alone."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bucket = AsyncIOMotorGridFSBucket(store.database, bucket_name=_BUCKET)
        self._files = store.database[_FILES]
        self._uploads = store.database[_UPLOADS]

    async def prepare(self) -> None:
        """Make the indexes."""
        await self._store.ensure_indexes(INDEXES)

    async def put(self, file: NewFile, chunks: AsyncIterable[bytes], *, most_bytes: int) -> StoredFile:
        """The row of the file is written last: half of a file is never found."""
        upload = ObjectId()
        with self._store.guarded():
            await self._uploads.insert_one({"_id": upload, "started_at": file.created_at})
            metadata = {name: getattr(file, name) for name in NewFile.__slots__}
            grid = self._bucket.open_upload_stream_with_id(upload, file.id, metadata=metadata)
            digest, size = hashlib.sha256(), 0
            try:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > most_bytes:
                        raise too_large(most_bytes)
                    digest.update(chunk)
                    await grid.write(chunk)
                metadata |= {"size": size, "sha256": digest.hexdigest()}
                await grid.set("metadata", metadata)
                await grid.close()
            except FileExists:
                await self._forget(upload)
            except BaseException:
                await self._forget(upload)
                raise
            else:
                await self._uploads.delete_one({"_id": upload})
        stored = await self.find(file.account_id, file.id)
        if stored is None:
            raise TransientError(ErrorCode.CONFLICT, "the file was removed while it was stored")
        return stored

    async def rename(self, account_id: str, file_id: str, file: NewFile) -> StoredFile:
        """The pieces belong to the row, which only says something else then."""
        row = await self._row(account_id, file_id)
        if row is None:
            raise no_such_file()
        said = {f"metadata.{name}": getattr(file, name) for name in NewFile.__slots__}
        try:
            with self._store.guarded():
                await self._files.update_one({"_id": row["_id"]}, {"$set": said})
        except DuplicateKeyError:
            await self.remove(account_id, file_ids=[file_id])
        stored = await self.find(account_id, file.id)
        if stored is None:
            raise TransientError(ErrorCode.CONFLICT, "the file was removed while it was renamed")
        return stored

    async def find(self, account_id: str, file_id: str) -> StoredFile | None:
        """By its own index."""
        row = await self._row(account_id, file_id)
        return StoredFile.model_validate(row["metadata"]) if row else None

    async def read(
        self, account_id: str, file_id: str, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """A piece is read when the one before has been taken."""
        row = await self._row(account_id, file_id)
        if row is None:
            raise no_such_file()
        left = row["length"] - start if length is None else min(length, row["length"] - start)
        with self._store.guarded():
            try:
                grid: Any = await self._bucket.open_download_stream(row["_id"])
                grid.seek(start)
                while left > 0:
                    piece = await grid.read(min(left, grid.chunk_size))
                    left -= len(piece)
                    yield piece
            except (NoFile, CorruptGridFile) as error:
                raise no_such_file() from error  # removed meanwhile

    async def keep(self, account_id: str, file_ids: Collection[str]) -> None:
        """In one write."""
        with self._store.guarded():
            await self._files.update_many(
                {"metadata.account_id": account_id, "metadata.id": {"$in": list(file_ids)}},
                {"$set": {"metadata.expires_at": None}},
            )

    async def remove(
        self, account_id: str, *, owners: Collection[str] = (), file_ids: Collection[str] = ()
    ) -> int:
        """A file's row goes first, so that it cannot be found without its pieces."""
        removed = 0
        for field, values in (("metadata.owner", owners), ("metadata.id", file_ids)):
            for some in _batches(values):
                removed += await self._remove({"metadata.account_id": account_id, field: {"$in": some}})
        return removed

    async def remove_expired(self, moment: datetime, *, limit: int) -> int:
        """Files past their time, and pieces without a file."""
        removed = await self._remove({"metadata.expires_at": {"$lte": moment}}, limit)
        with self._store.guarded():
            broken_off = self._uploads.find({"started_at": {"$lte": moment - _LONGEST_UPLOAD}}).limit(limit)
            for row in await broken_off.to_list(limit):
                if await self._files.find_one({"_id": row["_id"]}, projection=["_id"]) is None:
                    await self._forget(row["_id"])
                else:
                    await self._uploads.delete_one({"_id": row["_id"]})
        return removed

    async def _row(self, account_id: str, file_id: str) -> dict[str, Any] | None:
        with self._store.guarded():
            return await self._files.find_one({"metadata.account_id": account_id, "metadata.id": file_id})

    async def _remove(self, wanted: dict[str, Any], limit: int = 0) -> int:
        removed = 0
        with self._store.guarded():
            async for row in self._files.find(wanted, projection=["_id"]).limit(limit):
                # Asked again with the condition: meanwhile somebody may have decided to keep it.
                found = await self._files.delete_one({**wanted, "_id": row["_id"]})
                if found.deleted_count:
                    await self._forget(row["_id"])
                    removed += 1
        return removed

    async def _forget(self, upload: ObjectId) -> None:
        await self._store.database[f"{_BUCKET}.chunks"].delete_many({"files_id": upload})
        await self._uploads.delete_one({"_id": upload})


def _batches(values: Iterable[str]) -> Iterable[list[str]]:
    all_of_them = list(values)
    return (all_of_them[at : at + _BATCH] for at in range(0, len(all_of_them), _BATCH))
