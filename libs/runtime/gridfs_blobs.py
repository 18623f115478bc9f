"""The blob store in MongoDB's GridFS: pieces of 255 KiB, majority writes, one database for all services."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

from bson import ObjectId
from gridfs.errors import CorruptGridFile, FileExists, NoFile
from motor.motor_asyncio import AsyncIOMotorGridFSBucket

from libs.contracts.files import NewFile, StoredFile
from libs.runtime.blobs import no_such_file, too_large
from libs.runtime.indexed_blobs import IndexedBlobs, metadata_of
from libs.runtime.mongo import Store

_BUCKET = "blobs"


class GridFsBlobs(IndexedBlobs):
    """Implements the port Blobs over a store whose database is for blobs alone."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, _BUCKET)
        self._bucket = AsyncIOMotorGridFSBucket(store.database, bucket_name=_BUCKET)

    async def close(self) -> None:
        """The store is closed by whoever opened it."""

    async def put(self, file: NewFile, chunks: AsyncIterable[bytes], *, most_bytes: int) -> StoredFile:
        """The row of the file is written last: half of a file is never found."""
        upload = ObjectId()
        with self._store.guarded():
            await self._begin(upload, file.created_at)
            metadata = metadata_of(file)
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
        return await self._there(file)

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

    async def _forget(self, upload: ObjectId) -> None:
        await self._store.database[f"{_BUCKET}.chunks"].delete_many({"files_id": upload})
        await self._uploads.delete_one({"_id": upload})
