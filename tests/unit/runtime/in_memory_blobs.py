"""The blob store in memory, with the same promises."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Collection
from dataclasses import asdict
from datetime import datetime

from libs.contracts.files import NewFile, StoredFile
from libs.runtime.blobs import no_such_file, too_large

_PIECE = 65_536


class InMemoryBlobs:
    def __init__(self) -> None:
        self.files: dict[tuple[str, str], tuple[StoredFile, bytes]] = {}

    async def put(self, file: NewFile, chunks: AsyncIterable[bytes], *, most_bytes: int) -> StoredFile:
        content = bytearray()
        async for chunk in chunks:
            content += chunk
            if len(content) > most_bytes:
                raise too_large(most_bytes)
        sha256 = hashlib.sha256(content).hexdigest()
        stored = StoredFile(**asdict(file), size=len(content), sha256=sha256)
        return self.files.setdefault((file.account_id, file.id), (stored, bytes(content)))[0]

    async def rename(self, account_id: str, file_id: str, file: NewFile) -> StoredFile:
        if (account_id, file_id) not in self.files:
            raise no_such_file()
        stored, content = self.files.pop((account_id, file_id))
        renamed = stored.model_copy(update=asdict(file))
        return self.files.setdefault((account_id, file.id), (renamed, content))[0]

    async def find(self, account_id: str, file_id: str) -> StoredFile | None:
        found = self.files.get((account_id, file_id))
        return found[0] if found else None

    async def read(
        self, account_id: str, file_id: str, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        if (account_id, file_id) not in self.files:
            raise no_such_file()
        content = self.files[account_id, file_id][1][start:]
        content = content if length is None else content[:length]
        for at in range(0, len(content), _PIECE):
            yield content[at : at + _PIECE]

    async def keep(self, account_id: str, file_ids: Collection[str]) -> None:
        for file_id in file_ids:
            if (account_id, file_id) in self.files:
                stored, content = self.files[account_id, file_id]
                kept = stored.model_copy(update={"expires_at": None})
                self.files[account_id, file_id] = kept, content

    async def remove(
        self, account_id: str, *, owners: Collection[str] = (), file_ids: Collection[str] = ()
    ) -> int:
        gone = [
            key
            for key, (stored, _) in self.files.items()
            if key[0] == account_id and (stored.owner in owners or stored.id in file_ids)
        ]
        for key in gone:
            del self.files[key]
        return len(gone)

    async def remove_expired(self, moment: datetime, *, limit: int) -> int:
        expired = [
            key
            for key, (stored, _) in self.files.items()
            if stored.expires_at is not None and stored.expires_at <= moment
        ][:limit]
        for key in expired:
            del self.files[key]
        return len(expired)
