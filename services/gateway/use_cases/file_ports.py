"""What use cases about files need from outside."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection
from typing import Protocol

from libs.contracts.files import NewFile, StoredFile


class Files(Protocol):
    """The blob store; what it promises stands in libs/runtime/blobs.py."""

    async def put(self, file: NewFile, chunks: AsyncIterable[bytes], *, most_bytes: int) -> StoredFile:
        """Store a stream; what is there already stays and is answered. Raises DomainError `too_large`."""
        ...

    async def rename(self, account_id: str, file_id: str, file: NewFile) -> StoredFile:
        """Make a stored file this one, with its bytes as they are; what is there already under the new id
        stays and is answered. Raises DomainError `not_found`.
        """
        ...

    async def find(self, account_id: str, file_id: str) -> StoredFile | None:
        """What is known of a file."""
        ...

    def read(
        self, account_id: str, file_id: str, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Its bytes, piece by piece. Raises DomainError `not_found`."""
        ...

    async def keep(self, account_id: str, file_ids: Collection[str]) -> None:
        """These are used: they expire no more."""
        ...


class Sniff(Protocol):
    """Tells what a file is by its first bytes."""

    def __call__(self, head: bytes, *, filename: str | None = None, claimed: str | None = None) -> str:
        """Its content type."""
        ...


#: Makes text out of text.
Clean = Callable[[str], str]
