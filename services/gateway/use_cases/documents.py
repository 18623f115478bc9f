"""Documents of a chatbot's knowledge: uploaded to the blob store, read and kept by the AI service."""

import asyncio
from collections.abc import AsyncIterable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from pydantic import BaseModel

from libs.contracts.base import Command, Query
from libs.contracts.chatbots import ChatbotView, GetChatbot
from libs.contracts.errors import DomainError, ErrorCode, PermanentError
from libs.contracts.files import StoredFile
from libs.contracts.knowledge import DocumentFormat, DocumentView, PutDocument, RemoveDocument
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.ports import NewId, Now
from services.gateway.use_cases.run_query import Queries

A = TypeVar("A", bound=BaseModel)

_WAITS: Final = timedelta(days=1)
_FORMATS: Final = {
    "text/markdown": DocumentFormat.MARKDOWN,
    "text/plain": DocumentFormat.TEXT,
    "text/html": DocumentFormat.HTML,
    "application/pdf": DocumentFormat.PDF,
    "text/csv": DocumentFormat.CSV,
}
CONTENT_TYPES: Final = tuple(_FORMATS)


class Uploads(Protocol):
    """The blob store, for files that become documents."""

    async def put(
        self, account_id: str, file_id: str, chunks: AsyncIterable[bytes], waits_until: datetime
    ) -> StoredFile:
        """Store a stream. Raises DomainError `too_large`."""
        ...

    async def remove(self, account_id: str, file_ids: Collection[str]) -> None:
        """Forget them."""
        ...


class Knowledge(Protocol):
    """The AI service."""

    async def ask(self, query: Query, *, account_id: str, answer: type[A]) -> A:
        """Its answer to a query."""
        ...

    async def carry_out(
        self,
        command: Command,
        *,
        account_id: str,
        id: str,  # noqa: A002 - the envelope's attribute
        answer: type[A],
    ) -> A:
        """Have it change something; its answer."""
        ...


class GivenDocument(BaseModel):
    """What came beside the file, and the file's digest: a request with another file is another request."""

    format: DocumentFormat
    title: str | None = None
    visibility: str | None = None
    language: str | None = None
    sha256: str = ""


@dataclass(frozen=True)
class Uploaded:
    """A file in the blob store that waits to become a document."""

    file: StoredFile
    given: GivenDocument


def format_of(content_type: str | None) -> DocumentFormat:
    """What a Content-Type says. Raises DomainError `unsupported_media_type`."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind not in _FORMATS:
        raise DomainError(
            ErrorCode.UNSUPPORTED_MEDIA_TYPE, f"A document is one of: {', '.join(CONTENT_TYPES)}."
        )
    return _FORMATS[kind]


class Documents:
    """Each method looks first whether the caller has such a chatbot."""

    def __init__(
        self, uploads: Uploads, knowledge: Knowledge, queries: Queries, *, now: Now, new_id: NewId
    ) -> None:
        self._uploads = uploads
        self._knowledge = knowledge
        self._queries = queries
        self._now = now
        self._new_id = new_id

    async def ask(self, caller: PersonCaller, chatbot_id: str, query: Query, answer: type[A]) -> A:
        """A query about the chatbot's knowledge."""
        await self._has_chatbot(caller, chatbot_id)
        return await self._knowledge.ask(query, account_id=caller.account_id, answer=answer)

    async def upload(
        self, caller: PersonCaller, chatbot_id: str, chunks: AsyncIterable[bytes], given: GivenDocument
    ) -> Uploaded:
        """Take the file in. Raises DomainError."""
        await self._has_chatbot(caller, chatbot_id)
        file = await self._uploads.put(caller.account_id, self._new_id(), chunks, self._now() + _WAITS)
        return Uploaded(file, given.model_copy(update={"sha256": file.sha256}))

    async def put(
        self, caller: PersonCaller, chatbot_id: str, document_id: str, uploaded: Uploaded, command_id: str
    ) -> DocumentView:
        """Make it a document. Raises DomainError `invalid` for a file that cannot be read."""
        command = PutDocument(
            actor=caller.actor(),
            chatbot_id=chatbot_id,
            document_id=document_id,
            file_id=uploaded.file.id,
            **uploaded.given.model_dump(exclude={"sha256"}),
        )
        return await self._knowledge.carry_out(
            command, account_id=caller.account_id, id=command_id, answer=DocumentView
        )

    async def remove(
        self, caller: PersonCaller, chatbot_id: str, document_id: str, command_id: str
    ) -> DocumentView:
        """Take a document away; as it was."""
        command = RemoveDocument(actor=caller.actor(), chatbot_id=chatbot_id, document_id=document_id)
        return await self.carry_out(caller, chatbot_id, command, command_id, DocumentView)

    async def carry_out(
        self, caller: PersonCaller, chatbot_id: str, command: Command, command_id: str, answer: type[A]
    ) -> A:
        """A command about the chatbot's knowledge."""
        await self._has_chatbot(caller, chatbot_id)
        return await self._knowledge.carry_out(
            command, account_id=caller.account_id, id=command_id, answer=answer
        )

    async def forget(self, uploaded: Uploaded) -> None:
        """The file was read, or never will be."""
        file = uploaded.file
        await asyncio.shield(self._uploads.remove(file.account_id, [file.id]))

    async def _has_chatbot(self, caller: PersonCaller, chatbot_id: str) -> None:
        query = GetChatbot(person=caller.person, chatbot_id=chatbot_id)
        await self._queries.ask(query, account_id=caller.account_id, answer=ChatbotView)


#: Failures after which nobody will read the file any more.
FINAL: Final = (DomainError, PermanentError)
