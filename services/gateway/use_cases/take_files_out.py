"""Take the files out of a large post while it arrives: straight into the blob store, never held as a whole.

Whose they are is said by the rest of the post, which may come after them. So they lie there under a passing
name, expire if nobody claims them, and are given their own by KeepInlineFiles.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.files import NewFile
from services.gateway.domain.mail_stream import Begun, Ended, MailStream, Piece, Step
from services.gateway.domain.webhooks import Held, Post
from services.gateway.use_cases.file_ports import Files
from services.gateway.use_cases.ports import NewId, Now

#: Bytes that are worked on at once, beside the loop.
_BATCH = 262_144
#: Bytes of one file; a mail altogether has less.
MOST_BYTES = 52_428_800
#: Bytes that a file's type is told from.
_HEAD = 8_192
#: Files of one post that are kept; a message names no more.
_MOST_FILES = 64
_LIFETIME = timedelta(hours=1)
_UNKNOWN = "application/octet-stream"


class TakeFilesOut:
    """Reads the body of a post whose sender is known to be the platform."""

    def __init__(self, files: Files, *, now: Now, new_id: NewId) -> None:
        self._files = files
        self._now = now
        self._new_id = new_id

    async def __call__(self, connection: ConnectionSecrets, post: Post, chunks: AsyncIterator[bytes]) -> Post:
        """The post with what is left of its body, and the files that were in it. Raises DomainError
        `too_large`, TransientError while the store is away, and whatever the stream raises; then nothing of
        the file that was under way is left.
        """
        stream, files = MailStream(self._new_id), _Uploads(self._files, connection, self._now)
        try:
            async for batch in _batches(chunks):
                for step in await asyncio.to_thread(stream.feed, batch):
                    await files.take(step)
        finally:
            await files.stop()
        return replace(post, body=stream.rest(), held=tuple(files.held))


class _Uploads:
    """One file after the other, as they stand in the body."""

    def __init__(self, files: Files, connection: ConnectionSecrets, now: Now) -> None:
        self._files = files
        self._connection = connection
        self._now = now
        self._upload: _Upload | None = None
        self._head = bytearray()
        self.held: list[Held] = []

    async def take(self, step: Step) -> None:
        match step:
            case Begun(mark=mark) if len(self.held) >= _MOST_FILES:
                self.held.append(Held(mark, whole=False))
            case Begun(mark=mark):
                self._upload = _Upload(self._files, self._new_file(mark))
                self._head.clear()
            case Piece(content=content) if self._upload is not None:
                self._head += content[: _HEAD - len(self._head)]
                await self._upload.write(content)
            case Ended(broken=broken) if self._upload is not None:
                await self._end(self._upload, broken=broken)

    async def _end(self, upload: "_Upload", *, broken: bool) -> None:
        self._upload = None
        if broken:
            await upload.abort()
        else:
            await upload.finish()
        self.held.append(Held(upload.file.id, bytes(self._head), whole=not broken))

    def _new_file(self, mark: str) -> NewFile:
        at = self._now()
        return NewFile(
            id=mark,
            account_id=self._connection.account_id,
            owner=f"post:{mark}",
            content_type=_UNKNOWN,
            created_at=at,
            expires_at=at + _LIFETIME,
        )

    async def stop(self) -> None:
        """What is still under way is broken off."""
        if self._upload is not None:
            await self._upload.abort()


class _Upload:
    """Gives the store a stream of what is written here; a slow store makes the writer wait."""

    def __init__(self, files: Files, file: NewFile) -> None:
        self.file = file
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue(maxsize=1)
        self._task = asyncio.create_task(files.put(file, self._stream(), most_bytes=MOST_BYTES))

    async def _stream(self) -> AsyncIterator[bytes]:
        while piece := await self._pieces.get():
            yield piece

    async def write(self, piece: bytes) -> None:
        """Raises what the store raises."""
        writing = asyncio.ensure_future(self._pieces.put(piece))
        try:
            await asyncio.wait({writing, self._task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            writing.cancel()
        if self._task.done():
            await self._task

    async def finish(self) -> None:
        """It is whole. Raises what the store raises."""
        await self.write(b"")
        await self._task

    async def abort(self) -> None:
        """Nothing of it may stay."""
        self._task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._task


async def _batches(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    batch = bytearray()
    async for chunk in chunks:
        batch += chunk
        if len(batch) >= _BATCH:
            yield bytes(batch)
            batch.clear()
    yield bytes(batch)
