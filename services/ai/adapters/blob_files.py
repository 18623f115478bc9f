"""Uploaded files that wait to become documents, in the blob store."""

from libs.contracts.errors import DomainError, ErrorCode
from libs.runtime.blobs import Blobs, too_large


class BlobFiles:
    """The port `WaitingFiles`."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def read(self, account_id: str, file_id: str, *, most_bytes: int) -> bytes:
        """All of it, in memory: the bound is a document's."""
        stored = await self._blobs.find(account_id, file_id)
        if stored is None:
            raise DomainError(ErrorCode.NOT_FOUND, "The file is not there (any more).")
        if stored.size > most_bytes:
            raise too_large(most_bytes)
        return b"".join([piece async for piece in self._blobs.read(account_id, file_id)])

    async def remove(self, account_id: str, file_id: str) -> None:
        """Removed."""
        await self._blobs.remove(account_id, file_ids=[file_id])
