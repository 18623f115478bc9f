"""The store over S3 keeps what every blob store promises, against a server that checks each signature."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from libs.contracts.errors import DomainError, TransientError
from libs.runtime.mongo import Store
from libs.runtime.s3_blobs import PART, Bucket, S3Blobs
from libs.runtime.sigv4 import Signer
from tests.integration.runtime.s3_standin import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, S3Standin
from tests.unit.runtime.blobs_suite import LONG, MOST, NOW, BlobsSuite, breaks_off, new_file, pieces, read

#: More than two parts.
LARGE = bytes(range(256)) * (PART // 256 * 2 + 1_000)


@pytest.fixture
async def server() -> AsyncIterator[S3Standin]:
    async with S3Standin.running() as running:
        yield running


def bucket_of(server: S3Standin, secret_key: str = SECRET_KEY) -> Bucket:
    return Bucket(server.url, BUCKET, Signer(ACCESS_KEY, secret_key, REGION))


@pytest.fixture
async def blobs(store: Store, server: S3Standin) -> AsyncIterator[S3Blobs]:
    made = S3Blobs(store, bucket_of(server))
    await made.prepare()
    yield made
    await made.close()


class TestS3Blobs(BlobsSuite):
    async def test_a_large_file_goes_in_parts(self, blobs: S3Blobs, server: S3Standin):
        file = new_file()
        stored = await blobs.put(file, pieces(LARGE), most_bytes=20_000_000)
        assert stored.size == len(LARGE)
        assert await read(blobs, file) == LARGE
        assert await read(blobs, file, start=PART - 3, length=6) == LARGE[PART - 3 : PART + 3]
        assert server.largest_request < PART + 100_000
        assert server.uploads == {}

    async def test_nothing_lies_about_behind_what_is_gone(
        self, blobs: S3Blobs, server: S3Standin, store: Store
    ):
        refused, repeated = new_file(), new_file()
        with pytest.raises(DomainError, match="bytes"):
            await blobs.put(refused, pieces(LARGE), most_bytes=len(LARGE) - 1)
        with pytest.raises(ConnectionResetError):
            await blobs.put(refused, breaks_off(), most_bytes=MOST)
        for _ in range(2):
            await blobs.put(repeated, pieces(LONG), most_bytes=MOST)
        await blobs.remove(repeated.account_id, file_ids=[repeated.id])
        assert (server.objects, server.uploads) == ({}, {})
        assert await store.database["s3.uploads"].count_documents({}) == 0

    @pytest.mark.parametrize("method", ["PUT", "POST"])
    async def test_while_the_server_is_away_nothing_is_stored(
        self, blobs: S3Blobs, server: S3Standin, method: str
    ):
        file = new_file()
        server.broken[method] = 1
        with pytest.raises(TransientError):
            await blobs.put(file, pieces(LARGE), most_bytes=20_000_000)
        assert await blobs.find(file.account_id, file.id) is None
        assert (server.objects, server.uploads) == ({}, {})

    async def test_an_upload_that_ends_in_an_error_of_status_200_is_none(
        self, blobs: S3Blobs, server: S3Standin
    ):
        file = new_file()
        server.garbled = 1
        with pytest.raises(TransientError):
            await blobs.put(file, pieces(LARGE), most_bytes=20_000_000)
        assert await blobs.find(file.account_id, file.id) is None
        assert (server.objects, server.uploads) == ({}, {})

    async def test_bytes_that_could_not_be_removed_go_later(
        self, blobs: S3Blobs, server: S3Standin, store: Store
    ):
        file = new_file()
        await blobs.put(file, pieces(b"once"), most_bytes=MOST)
        server.broken["DELETE"] = 1
        with pytest.raises(TransientError):
            await blobs.remove(file.account_id, file_ids=[file.id])
        assert await blobs.find(file.account_id, file.id) is None
        assert server.objects
        await blobs.remove_expired(NOW + timedelta(hours=1), limit=10)
        assert server.objects == {}
        assert await store.database["s3.uploads"].count_documents({}) == 0

    async def test_what_is_gone_from_the_bucket_is_no_file(self, blobs: S3Blobs, server: S3Standin):
        file = new_file()
        await blobs.put(file, pieces(b"once"), most_bytes=MOST)
        server.objects.clear()
        with pytest.raises(DomainError):
            await read(blobs, file)

    async def test_reading_fails_typed(self, blobs: S3Blobs, server: S3Standin):
        file = new_file()
        await blobs.put(file, pieces(b"once"), most_bytes=MOST)
        server.broken["GET"] = 1
        with pytest.raises(TransientError):
            await read(blobs, file)

    async def test_a_wrong_key_stores_nothing(self, server: S3Standin, store: Store):
        forged = S3Blobs(store, bucket_of(server, "another"))
        with pytest.raises(TransientError, match="403"):
            await forged.put(new_file(), pieces(b"x"), most_bytes=MOST)
        await forged.close()
        assert server.refused[0] == "SignatureDoesNotMatch"
        assert server.objects == {}

    async def test_nobody_listens(self, store: Store):
        away = S3Blobs(store, replace(bucket_of(S3Standin()), endpoint="http://127.0.0.1:9"))
        with pytest.raises(TransientError, match="away"):
            await away.put(new_file(), pieces(b"x"), most_bytes=MOST)
        await away.close()
