"""What is known of stored files, in MongoDB, wherever their bytes lie: GridFsBlobs and S3Blobs add the bytes.

A file's row is written when its bytes are there, and goes before they do: half of a file is never found. A
row of `uploads` stands for bytes that may lie about without a file; after an hour it goes with them.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from libs.contracts.errors import ErrorCode, TransientError
from libs.contracts.files import NewFile, StoredFile
from libs.runtime.blobs import no_such_file
from libs.runtime.mongo import Store

#: The longest an upload takes. What is left of an older one comes from a process that died.
_LONGEST_UPLOAD = timedelta(hours=1)
#: Names in one filter.
_BATCH = 500

_FILE_INDEXES = [
    IndexModel(
        [("metadata.account_id", ASCENDING), ("metadata.id", ASCENDING)], name="one_an_id", unique=True
    ),
    IndexModel([("metadata.account_id", ASCENDING), ("metadata.owner", ASCENDING)], name="owner"),
    IndexModel(
        [("metadata.expires_at", ASCENDING)],
        name="expiring",
        partialFilterExpression={"metadata.expires_at": {"$type": "date"}},
    ),
]
_UPLOAD_INDEXES = [IndexModel([("started_at", ASCENDING)], name="started")]


class IndexedBlobs(ABC):
    """Everything of the port Blobs but `put` and `read`, over a store whose database is for blobs alone."""

    def __init__(self, store: Store, bucket: str) -> None:
        self._store = store
        self._names = (f"{bucket}.files", f"{bucket}.uploads")
        self._files, self._uploads = (store.database[name] for name in self._names)

    @abstractmethod
    async def _forget(self, upload: ObjectId) -> None:
        """The bytes go, and then the row of `uploads`."""

    async def prepare(self) -> None:
        """Make the indexes."""
        files, uploads = self._names
        await self._store.ensure_indexes({files: _FILE_INDEXES, uploads: _UPLOAD_INDEXES})

    async def _begin(self, upload: ObjectId, moment: datetime) -> None:
        """From now on bytes of this upload may lie about."""
        note = {"$set": {"started_at": moment}}
        await self._uploads.update_one({"_id": upload}, note, upsert=True)

    async def _there(self, file: NewFile) -> StoredFile:
        """What has just been stored, by whomever."""
        stored = await self.find(file.account_id, file.id)
        if stored is None:
            raise TransientError(ErrorCode.CONFLICT, "the file was removed while it was stored")
        return stored

    async def find(self, account_id: str, file_id: str) -> StoredFile | None:
        """By its own index."""
        row = await self._row(account_id, file_id)
        return StoredFile.model_validate(row["metadata"]) if row else None

    async def rename(self, account_id: str, file_id: str, file: NewFile) -> StoredFile:
        """The bytes belong to the row, which only says something else then."""
        row = await self._row(account_id, file_id)
        if row is None:
            raise no_such_file()
        said = {f"metadata.{name}": value for name, value in metadata_of(file).items()}
        try:
            with self._store.guarded():
                await self._files.update_one({"_id": row["_id"]}, {"$set": said})
        except DuplicateKeyError:
            await self.remove(account_id, file_ids=[file_id])
        return await self._there(file)

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
        """A file's row goes first, so that it cannot be found without its bytes."""
        removed = 0
        for field, values in (("metadata.owner", owners), ("metadata.id", file_ids)):
            for some in _batches(values):
                removed += await self._remove({"metadata.account_id": account_id, field: {"$in": some}})
        return removed

    async def remove_expired(self, moment: datetime, *, limit: int) -> int:
        """Files past their time, and bytes without a file."""
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
            async for row in self._files.find(wanted).limit(limit):
                await self._begin(row["_id"], row["metadata"]["created_at"])
                # Asked again with the condition: meanwhile somebody may have decided to keep it.
                found = await self._files.delete_one({**wanted, "_id": row["_id"]})
                if found.deleted_count:
                    await self._forget(row["_id"])
                    removed += 1
        return removed


def metadata_of(file: NewFile) -> dict[str, Any]:
    """What is kept of a file beside its bytes."""
    return {name: getattr(file, name) for name in NewFile.__slots__}


def _batches(values: Iterable[str]) -> Iterable[list[str]]:
    all_of_them = list(values)
    return (all_of_them[at : at + _BATCH] for at in range(0, len(all_of_them), _BATCH))
