"""Make a document of an uploaded file."""

from dataclasses import replace
from typing import Protocol

from services.ai.domain.documents import Document, DocumentKey
from services.ai.domain.files import FileFormat, InvalidDocument
from services.ai.use_cases.file_ports import FileReader, WaitingFiles
from services.ai.use_cases.put_document import Given


class TakeIn(Protocol):
    """The use case `TakeInDocument`."""

    async def __call__(self, key: DocumentKey, markdown: str, given: Given) -> Document:
        """Store and index."""
        ...


class TakeInFile:
    """The file is removed once it is a document or can never be one; after any other failure it stays for
    the next attempt.
    """

    def __init__(self, files: WaitingFiles, reader: FileReader, take_in: TakeIn, *, most_bytes: int) -> None:
        self._files = files
        self._reader = reader
        self._take_in = take_in
        self._most_bytes = most_bytes

    async def __call__(
        self,
        key: DocumentKey,
        file_id: str,
        format: FileFormat,  # noqa: A002 - the contract's word
        given: Given,
    ) -> Document:
        """The stored document. Raises InvalidDocument, and DomainError as `WaitingFiles` does."""
        account_id = key.base.account_id
        body = await self._files.read(account_id, file_id, most_bytes=self._most_bytes)
        try:
            read = await self._reader.read(format, body)
            given = replace(given, title=given.title or read.title[:300].strip() or None)
            document = await self._document(key, read.markdown, format, given)
        except InvalidDocument:
            await self._files.remove(account_id, file_id)
            raise
        await self._files.remove(account_id, file_id)
        return document

    async def _document(
        self,
        key: DocumentKey,
        markdown: str,
        format: FileFormat,  # noqa: A002 - as above
        given: Given,
    ) -> Document:
        if format != "markdown":
            markdown = f"---\n---\n{markdown}"  # what the file has at its top is no front matter
        return await self._take_in(key, markdown, given)
