"""The ports of fetching files in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from libs.contracts.conversation import Attachment
from libs.contracts.envelope import Envelope
from services.delivery.domain.connection import Connection
from services.delivery.domain.media import MediaJob
from services.delivery.domain.outcomes import Refused, Retry
from services.delivery.use_cases.media_ports import BrokenOffError, Download


class InMemoryMedia:
    """The port MediaJobs."""

    def __init__(self) -> None:
        self.open: dict[str, MediaJob] = {}
        self.ended: set[str] = set()
        self.commands: list[Envelope] = []

    async def add(self, job: MediaJob) -> None:
        if job.message_id not in self.ended:
            self.open.setdefault(job.message_id, job)

    async def take_due(self, moment: datetime, claim_id: str, until: datetime) -> MediaJob | None:
        for job in sorted(self.open.values(), key=lambda one: one.next_attempt_at):
            if job.next_attempt_at <= moment:
                taken = replace(job, claim_id=claim_id, next_attempt_at=until, attempts=job.attempts + 1)
                self.open[job.message_id] = taken
                return taken
        return None

    def _held(self, job: MediaJob) -> bool:
        known = self.open.get(job.message_id)
        return known is not None and known.claim_id == job.claim_id

    async def postpone(self, job: MediaJob, at: datetime) -> bool:
        held = self._held(job)
        if held:
            self.open[job.message_id] = replace(job, next_attempt_at=at, claim_id=None)
        return held

    async def finish(self, job: MediaJob, command: Envelope | None) -> bool:
        if self._held(job):
            del self.open[job.message_id]
            self.ended.add(job.message_id)
            if command is not None:
                self.commands.append(command)
            return True
        return job.message_id in self.open or job.message_id in self.ended

    async def erase(self, account_id: str, conversation_id: str) -> None:
        for job in list(self.open.values()):
            if (job.account_id, job.conversation_id) == (account_id, conversation_id):
                del self.open[job.message_id]


class ScriptedSource:
    """The port MediaSource: files by reference; a list of what happens before they come."""

    def __init__(self, **files: bytes) -> None:
        self.files = files
        self.before: list[Refused | Retry | None] = []
        self.asked: list[str] = []

    @asynccontextmanager
    async def open(
        self, connection: Connection, attachment: Attachment
    ) -> AsyncIterator[Download | Refused | Retry]:
        assert connection.credentials
        self.asked.append(attachment.reference)
        first = self.before.pop(0) if self.before else None
        if first is not None:
            yield first
        elif attachment.reference not in self.files:
            yield Refused("file_missing")
        else:
            yield Download(self._chunks(self.files[attachment.reference]), "image/png")

    async def _chunks(self, content: bytes) -> AsyncIterator[bytes]:
        if content == b"breaks":
            yield b"half"
            raise BrokenOffError
        for at in range(0, len(content), 5_000):
            yield content[at : at + 5_000]
