"""The blob store: files and bodies that are too large for the broker. Messages carry a reference instead.

One store serves all services. Every call names the account, and a file of another account does not exist.
GridFsBlobs implements it; so does any store that passes tests/unit/runtime/blobs_suite.py.
"""

from collections.abc import AsyncIterable, AsyncIterator, Collection
from datetime import datetime
from typing import Protocol

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.files import NewFile, StoredFile


class Blobs(Protocol):
    """Every method may raise TransientError `unavailable`."""

    async def put(self, file: NewFile, chunks: AsyncIterable[bytes], *, most_bytes: int) -> StoredFile:
        """Store a stream, never holding more than a piece of it. What is there already under this id stays
        and is answered. Raises DomainError `too_large` past `most_bytes`; then, and when the stream breaks
        off, nothing is left.
        """
        ...

    async def rename(self, account_id: str, file_id: str, file: NewFile) -> StoredFile:
        """Make a stored file this one, with its bytes as they are: another id, owner, type, name and expiry
        in the same account. What is there already under the new id stays and is answered, and the file goes.
        Raises DomainError `not_found`.
        """
        ...

    async def find(self, account_id: str, file_id: str) -> StoredFile | None:
        """What is known of a file."""
        ...

    def read(
        self, account_id: str, file_id: str, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Its bytes, piece by piece: `length` of them from `start` on. Raises DomainError `not_found`."""
        ...

    async def keep(self, account_id: str, file_ids: Collection[str]) -> None:
        """These are used: they expire no more."""
        ...

    async def remove(
        self, account_id: str, *, owners: Collection[str] = (), file_ids: Collection[str] = ()
    ) -> int:
        """Remove every file of these owners, and these files; how many there were."""
        ...

    async def remove_expired(self, moment: datetime, *, limit: int) -> int:
        """Remove files that nobody has used in time, and what is left of uploads that broke off."""
        ...


def too_large(most_bytes: int) -> DomainError:
    """For a stream that goes on past its bound."""
    return DomainError(ErrorCode.TOO_LARGE, f"A file may have {most_bytes} bytes here.")


def no_such_file() -> DomainError:
    """For a file that is not there, or not for the caller to know of."""
    return DomainError(ErrorCode.NOT_FOUND, "There is no such file.")
