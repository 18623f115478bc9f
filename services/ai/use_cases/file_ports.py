"""What taking in a file needs from outside."""

from typing import Protocol

from services.ai.domain.files import FileFormat, FileText


class WaitingFiles(Protocol):
    """Files that were uploaded and wait to be read."""

    async def read(self, account_id: str, file_id: str, *, most_bytes: int) -> bytes:
        """The whole of one. Raises DomainError `not_found` or `too_large`."""
        ...

    async def remove(self, account_id: str, file_id: str) -> None:
        """It has been read; one that is not there is no error."""
        ...


class FileReader(Protocol):
    """Makes Markdown of a stranger's file, within bounds of time and memory."""

    async def read(self, format: FileFormat, body: bytes) -> FileText:  # noqa: A002 - the contract's word
        """The file as Markdown. Raises InvalidDocument."""
        ...
