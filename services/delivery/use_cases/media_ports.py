"""What fetching files needs from outside. Whatever is away for now is TransientError."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.contracts.conversation import Attachment
from libs.contracts.envelope import Envelope
from libs.contracts.files import NewFile, StoredFile
from services.delivery.domain.connection import Connection
from services.delivery.domain.media import MediaJob
from services.delivery.domain.outcomes import Refused, Retry


@dataclass(frozen=True)
class Download:
    """A file on its way from its platform. What is said about it is not believed."""

    chunks: AsyncIterator[bytes]
    content_type: str | None = None


class MediaSource(Protocol):
    """A platform that keeps files."""

    def open(
        self, connection: Connection, attachment: Attachment
    ) -> AbstractAsyncContextManager[Download | Refused | Retry]:
        """The file, or why there is none. Reading its chunks may raise BrokenOffError."""
        ...


class BrokenOffError(Exception):
    """The file stopped coming, or took too long."""


class MediaJobs(Protocol):
    """The jobs that wait."""

    async def add(self, job: MediaJob) -> None:
        """Keep it; one of the same message that is there already stays."""
        ...

    async def take_due(self, moment: datetime, claim_id: str, until: datetime) -> MediaJob | None:
        """Claim one that is due, with an attempt more; None when there is none."""
        ...

    async def postpone(self, job: MediaJob, at: datetime) -> bool:
        """Give the claim up until then; whether it was still ours."""
        ...

    async def finish(self, job: MediaJob, command: Envelope | None) -> bool:
        """End it and record the command, in one transaction, while the claim holds. False when there is no
        such job any more: the conversation was erased meanwhile.
        """
        ...


class Blobs(Protocol):
    """Where files go; what it promises stands in libs/runtime/blobs.py."""

    async def put(self, file: NewFile, chunks: AsyncIterable[bytes], *, most_bytes: int) -> StoredFile:
        """Store a stream; what is there already stays. Raises DomainError `too_large`."""
        ...

    async def remove(
        self, account_id: str, *, owners: Collection[str] = (), file_ids: Collection[str] = ()
    ) -> int:
        """Remove files."""
        ...


class Sniff(Protocol):
    """Tells what a file is by its first bytes."""

    def __call__(self, head: bytes, *, filename: str | None = None, claimed: str | None = None) -> str:
        """Its content type."""
        ...


#: The same parts give the same id.
DeriveId = Callable[..., str]
