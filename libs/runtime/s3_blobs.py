"""The blob store over S3 or what is compatible with it: the bytes there, what is known of them in MongoDB.

S3 cannot be asked for the files of an owner, nor change what it says of one without a copy; so the rows lie
where the other store's lie, and an object is named after its upload, never after what people call it.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Final
from urllib.parse import urlsplit

import httpx
from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from libs.contracts.errors import ErrorCode, TransientError
from libs.contracts.files import NewFile, StoredFile
from libs.runtime.blobs import no_such_file, too_large
from libs.runtime.clock import now
from libs.runtime.http_client import http_client
from libs.runtime.indexed_blobs import IndexedBlobs, metadata_of
from libs.runtime.mongo import Store
from libs.runtime.sigv4 import Signer, encoded_path, encoded_query

#: Bytes that are sent at once; S3 wants 5 MiB of every part but the last.
PART: Final = 5_242_880
_READ: Final = 262_144
#: Seconds for one request, whose body is a part at most.
_SECONDS: Final = 30.0
_EMPTY: Final = hashlib.sha256(b"").hexdigest()
_UPLOAD_ID: Final = re.compile(r"<UploadId>([^<]{1,2048})</UploadId>")


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where objects lie: the address of the store, in path style, and the bucket in it."""

    endpoint: str
    name: str
    signer: Signer

    def path(self, key: str) -> str:
        """The path of an object."""
        return f"{urlsplit(self.endpoint).path.rstrip('/')}/{self.name}/{key}"


class S3Blobs(IndexedBlobs):
    """Implements the port Blobs. Never holds more than a part of a file."""

    def __init__(self, store: Store, bucket: Bucket, *, clock: Callable[[], datetime] = now) -> None:
        super().__init__(store, "s3")
        self._bucket = bucket
        self._clock = clock
        self._client = http_client(timeout=_SECONDS)

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def put(self, file: NewFile, chunks: AsyncIterable[bytes], *, most_bytes: int) -> StoredFile:
        """Small files in one request, others in parts. The row of the file is written last."""
        upload = ObjectId()
        with self._store.guarded():
            await self._begin(upload, file.created_at)
            sending = _Sending(self, _key(upload), most_bytes)
            try:
                async for chunk in chunks:
                    await sending.add(chunk)
                await sending.finish()
                metadata = metadata_of(file) | {"size": sending.size, "sha256": sending.digest.hexdigest()}
                await self._files.insert_one({"_id": upload, "metadata": metadata})
            except DuplicateKeyError:
                await self._forget(upload)
            except BaseException:
                await sending.abort()
                await self._forget(upload)
                raise
            else:
                await self._uploads.delete_one({"_id": upload})
        return await self._there(file)

    async def read(
        self, account_id: str, file_id: str, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """A piece is read when the one before has been taken."""
        row = await self._row(account_id, file_id)
        if row is None:
            raise no_such_file()
        size = row["metadata"]["size"]
        end = size if length is None else min(size, start + length)
        if start >= end:
            return
        part = {"range": f"bytes={start}-{end - 1}"}
        async with self._call("GET", _key(row["_id"]), headers=part) as answer:
            if answer.status_code == 404:
                raise no_such_file()  # removed meanwhile
            _checked(answer)
            with _passing():
                async for piece in answer.aiter_bytes(_READ):
                    yield piece

    async def _forget(self, upload: ObjectId) -> None:
        async with self._call("DELETE", _key(upload)) as answer:
            if answer.status_code != 404:
                _checked(answer)
        await self._uploads.delete_one({"_id": upload})

    @asynccontextmanager
    async def _call(
        self,
        method: str,
        key: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> AsyncIterator[httpx.Response]:
        """One signed request. Raises TransientError while nothing answers."""
        digest = (await asyncio.to_thread(hashlib.sha256, body)).hexdigest() if body else _EMPTY
        base, path = urlsplit(self._bucket.endpoint), self._bucket.path(key)
        signed = self._bucket.signer.headers(
            method, path, query or {}, {"host": base.netloc, **(headers or {})}, digest, self._clock()
        )
        address = f"{base.scheme}://{base.netloc}{encoded_path(path)}"
        address += f"?{encoded_query(query)}" if query else ""
        request = self._client.build_request(method, address, headers=signed, content=body)
        with _passing():
            answer = await self._client.send(request, stream=True)
        try:
            yield answer
        finally:
            await answer.aclose()

    async def request(self, method: str, key: str, **parts: object) -> tuple[str, str]:
        """One request whose answer is short: its ETag and its text. Raises TransientError unless it works."""
        async with self._call(method, key, **parts) as answer:  # type: ignore[arg-type]  # those of _call
            _checked(answer)
            with _passing():
                text = (await answer.aread()).decode(errors="replace")
        if "<Error>" in text:  # the end of an upload in parts can fail with a status of success
            raise _away("the blob store did not put the parts together")
        return answer.headers.get("etag", ""), text


class _Sending:
    """A file on its way."""

    def __init__(self, blobs: S3Blobs, key: str, most_bytes: int) -> None:
        self._blobs = blobs
        self._key = key
        self._most = most_bytes
        self._part = bytearray()
        self._upload_id = ""
        self._etags: list[str] = []
        self.size = 0
        self.digest = hashlib.sha256()

    async def add(self, chunk: bytes) -> None:
        """Raises DomainError `too_large`."""
        self.size += len(chunk)
        if self.size > self._most:
            raise too_large(self._most)
        self.digest.update(chunk)
        self._part += chunk
        if len(self._part) >= PART:
            await self._send_part()

    async def finish(self) -> None:
        """The rest of it; then it is there as a whole."""
        if not self._upload_id:
            await self._blobs.request("PUT", self._key, body=bytes(self._part))
            return
        if self._part:
            await self._send_part()
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
            for number, etag in enumerate(self._etags, 1)
        )
        whole = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        await self._blobs.request("POST", self._key, query={"uploadId": self._upload_id}, body=whole)
        self._upload_id = ""

    async def _send_part(self) -> None:
        if not self._upload_id:
            _, text = await self._blobs.request("POST", self._key, query={"uploads": ""})
            found = _UPLOAD_ID.search(text)
            if found is None:
                raise _away("the blob store began no upload")
            self._upload_id = unescape(found.group(1))
        query = {"partNumber": str(len(self._etags) + 1), "uploadId": self._upload_id}
        etag, _ = await self._blobs.request("PUT", self._key, query=query, body=bytes(self._part))
        self._etags.append(etag)
        self._part.clear()

    async def abort(self) -> None:
        """The parts go. Where even that fails, the bucket's own rule for unfinished uploads clears them."""
        if self._upload_id:
            try:
                await self._blobs.request("DELETE", self._key, query={"uploadId": self._upload_id})
            except TransientError:
                return


def _key(upload: ObjectId) -> str:
    return f"blobs/{upload}"


def _checked(answer: httpx.Response) -> None:
    if not answer.is_success:
        raise _away(f"the blob store answered {answer.status_code}")


def _away(why: str) -> TransientError:
    return TransientError(ErrorCode.UNAVAILABLE, why, retry_after=2)


class _passing:  # noqa: N801 - used as a block, like contextlib's own
    """Turns what the HTTP library raises into TransientError."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Neither an address nor a text of the library leaves here."""
        if isinstance(error, httpx.HTTPError):
            raise _away("the blob store is away") from error
