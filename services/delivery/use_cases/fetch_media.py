"""Bring the files of inbound messages from their platforms into the blob store."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import Attachment, MessageRecorded
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.errors import DomainError
from libs.contracts.files import NewFile, StoredFile, owned_by_conversation
from libs.contracts.media import RecordFiles
from libs.contracts.vocabulary import Channel
from services.delivery.domain.connection import Connection
from services.delivery.domain.media import LEASE, MediaJob, job_of
from services.delivery.domain.outcomes import Refused, Retry
from services.delivery.use_cases.announcing import SOURCE
from services.delivery.use_cases.media_ports import (
    Blobs,
    BrokenOffError,
    DeriveId,
    Download,
    MediaJobs,
    MediaSource,
    Sniff,
)
from services.delivery.use_cases.ports import Connections, Log, NewId, Now

#: Bytes that the type is told from.
_HEAD = 8_192


@dataclass(frozen=True)
class MediaDesk:
    """What fetching works with. `most_bytes` is of one file."""

    jobs: MediaJobs
    connections: Connections
    sources: Mapping[Channel, MediaSource]
    blobs: Blobs
    sniff: Sniff
    log: Log
    now: Now
    new_id: NewId
    derive_id: DeriveId
    most_bytes: int


class FetchMedia:
    """Takes inbound messages with files, and works the jobs off. Only what the platform itself named is
    asked for, at the platform or at the address that it gave.
    """

    def __init__(self, desk: MediaDesk) -> None:
        self._desk = desk

    async def take(self, event: MessageRecorded) -> None:
        """Keep what is to be fetched. A repeat changes nothing. Raises TransientError."""
        job = job_of(event, self._desk.sources, self._desk.now())
        if job is not None:
            await self._desk.jobs.add(job)

    async def next_due(self) -> bool:
        """Work on one job; False when none is due. Raises TransientError; the claim then lapses."""
        desk = self._desk
        moment = desk.now()
        job = await desk.jobs.take_due(moment, desk.new_id(), moment + LEASE)
        if job is None:
            return False
        connection = await desk.connections.find(job.connection_id)
        if connection is None or connection.account_id != job.account_id or not connection.usable:
            await self._again_or_never(job, "channel_not_connected")
            return True
        stored: list[Attachment] = []
        for place, attachment in enumerate(job.attachments):
            got = await self._fetch(job, place, attachment, connection)
            if isinstance(got, Retry) and job.next_pause is not None:
                await self._again_or_never(job, got.code)
                return True
            if isinstance(got, StoredFile):
                stored.append(_as_stored(attachment, got))
            else:
                desk.log.warning("file not fetched", message_id=job.message_id, code=got.code)
        await self._finish(job, stored)
        return True

    async def _again_or_never(self, job: MediaJob, code: str) -> None:
        pause = job.next_pause
        if pause is None:
            self._desk.log.warning("files not fetched", message_id=job.message_id, code=code)
            await self._desk.jobs.finish(job, None)
            return
        await self._desk.jobs.postpone(job, self._desk.now() + pause)

    async def _finish(self, job: MediaJob, stored: list[Attachment]) -> None:
        known = await self._desk.jobs.finish(job, self._command(job, stored) if stored else None)
        if not known:
            # The conversation was erased meanwhile, and its files with it: these came too late.
            names = [one.file_id for one in stored if one.file_id is not None]
            await self._desk.blobs.remove(job.account_id, file_ids=names)

    async def _fetch(
        self, job: MediaJob, place: int, attachment: Attachment, connection: Connection
    ) -> StoredFile | Refused | Retry:
        source = self._desk.sources[job.channel]
        try:
            async with source.open(connection, attachment) as found:
                if not isinstance(found, Download):
                    return found
                return await self._store(job, place, attachment, found)
        except BrokenOffError:
            return Retry("broken_off")
        except DomainError as error:
            return Refused(error.code)

    async def _store(self, job: MediaJob, place: int, attachment: Attachment, found: Download) -> StoredFile:
        desk = self._desk
        head = bytearray()
        async for chunk in found.chunks:
            head += chunk
            if len(head) >= _HEAD:
                break

        async def whole() -> AsyncIterator[bytes]:
            yield bytes(head)
            async for chunk in found.chunks:
                yield chunk

        claimed = attachment.content_type or found.content_type
        file = NewFile(
            id=desk.derive_id("media", job.message_id, str(place)),
            account_id=job.account_id,
            owner=owned_by_conversation(job.conversation_id),
            content_type=desk.sniff(bytes(head), filename=attachment.filename, claimed=claimed),
            created_at=desk.now(),
            filename=attachment.filename,
        )
        return await desk.blobs.put(file, whole(), most_bytes=desk.most_bytes)

    def _command(self, job: MediaJob, stored: list[Attachment]) -> Envelope:
        return wrap(
            RecordFiles(
                actor=SYSTEM,
                conversation_id=job.conversation_id,
                message_id=job.message_id,
                files=tuple(stored),
            ),
            id=self._desk.derive_id("record_files", job.message_id),
            source=SOURCE,
            time=self._desk.now(),
            accountid=job.account_id,
            subject=job.conversation_id,
        )


def _as_stored(attachment: Attachment, file: StoredFile) -> Attachment:
    """The same attachment, with what is known of it now."""
    return attachment.model_copy(
        update={"file_id": file.id, "content_type": file.content_type, "size": file.size}
    )
