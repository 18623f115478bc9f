"""What every blob store promises: subclasses give the `blobs` fixture."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from libs.contracts.errors import DomainError
from libs.contracts.files import NewFile
from libs.runtime.blobs import Blobs

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
MOST = 1_000_000
#: Longer than one piece of any store.
LONG = bytes(range(256)) * 2_500


def new_file(**fields: Any) -> NewFile:
    given: dict[str, Any] = {
        "id": uuid4().hex,
        "account_id": f"account-{uuid4().hex}",
        "owner": "conversation:c1",
        "content_type": "image/png",
        "created_at": NOW,
        "filename": "kettle.png",
    }
    return NewFile(**(given | fields))


async def pieces(content: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def breaks_off() -> AsyncIterator[bytes]:
    yield LONG
    raise ConnectionResetError


async def read(blobs: Blobs, file: NewFile, **part: Any) -> bytes:
    return b"".join([piece async for piece in blobs.read(file.account_id, file.id, **part)])


class BlobsSuite:
    async def test_what_is_stored_is_found_and_read(self, blobs: Blobs):
        file = new_file()
        stored = await blobs.put(file, pieces(LONG), most_bytes=MOST)
        assert stored == await blobs.find(file.account_id, file.id)
        assert (stored.size, stored.sha256) == (len(LONG), hashlib.sha256(LONG).hexdigest())
        assert (stored.owner, stored.filename, stored.content_type) == (
            "conversation:c1",
            "kettle.png",
            "image/png",
        )
        assert stored.created_at == NOW
        assert stored.expires_at is None
        assert await read(blobs, file) == LONG

    @pytest.mark.parametrize(
        ("start", "length"), [(0, 1), (5, 10), (261_000, 300), (600_000, None), (639_999, 10), (640_000, 5)]
    )
    async def test_a_part_is_read(self, blobs: Blobs, start: int, length: int | None):
        file = new_file()
        await blobs.put(file, pieces(LONG), most_bytes=MOST)
        expected = LONG[start:] if length is None else LONG[start : start + length]
        assert await read(blobs, file, start=start, length=length) == expected

    async def test_an_empty_file_is_a_file(self, blobs: Blobs):
        file = new_file(filename=None)
        stored = await blobs.put(file, pieces(b""), most_bytes=MOST)
        assert (stored.size, stored.filename) == (0, None)
        assert await read(blobs, file) == b""

    async def test_another_account_finds_nothing(self, blobs: Blobs):
        file = new_file()
        await blobs.put(file, pieces(b"mine"), most_bytes=MOST)
        assert await blobs.find("another", file.id) is None
        with pytest.raises(DomainError, match="no such file"):
            await read(blobs, new_file(id=file.id))
        assert await blobs.remove("another", owners=[file.owner], file_ids=[file.id]) == 0
        await blobs.keep("another", [file.id])
        assert await read(blobs, file) == b"mine"

    async def test_two_accounts_may_use_one_id(self, blobs: Blobs):
        mine = new_file()
        theirs = new_file(id=mine.id)
        await blobs.put(mine, pieces(b"mine"), most_bytes=MOST)
        await blobs.put(theirs, pieces(b"theirs"), most_bytes=MOST)
        assert (await read(blobs, mine), await read(blobs, theirs)) == (b"mine", b"theirs")

    async def test_what_is_there_already_stays(self, blobs: Blobs):
        file = new_file()
        first = await blobs.put(file, pieces(b"first"), most_bytes=MOST)
        assert await blobs.put(file, pieces(b"second"), most_bytes=MOST) == first
        assert await read(blobs, file) == b"first"

    async def test_too_much_leaves_nothing(self, blobs: Blobs):
        file = new_file()
        with pytest.raises(DomainError) as refused:
            await blobs.put(file, pieces(LONG), most_bytes=len(LONG) - 1)
        assert refused.value.code == "too_large"
        assert await blobs.find(file.account_id, file.id) is None
        assert (await blobs.put(file, pieces(LONG), most_bytes=len(LONG))).size == len(LONG)

    async def test_a_stream_that_breaks_off_leaves_nothing(self, blobs: Blobs):
        file = new_file()
        with pytest.raises(ConnectionResetError):
            await blobs.put(file, breaks_off(), most_bytes=MOST)
        assert await blobs.find(file.account_id, file.id) is None

    async def test_what_nobody_used_in_time_goes(self, blobs: Blobs):
        until = NOW + timedelta(hours=1)
        waiting, used = new_file(expires_at=until), new_file(expires_at=until)
        later = new_file(expires_at=until + timedelta(hours=1))
        for file in (waiting, used, later):
            await blobs.put(file, pieces(b"x"), most_bytes=MOST)
        await blobs.keep(used.account_id, [used.id])
        assert await blobs.remove_expired(until - timedelta(seconds=1), limit=10) == 0
        assert await blobs.remove_expired(until, limit=10) == 1
        assert await blobs.find(waiting.account_id, waiting.id) is None
        kept = await blobs.find(used.account_id, used.id)
        assert kept is not None
        assert kept.expires_at is None
        assert await read(blobs, later) == b"x"

    async def test_files_go_by_owner_and_by_id(self, blobs: Blobs):
        account = f"account-{uuid4().hex}"
        mine, also, other, third = (
            new_file(account_id=account, owner=owner) for owner in ("a", "a", "b", "c")
        )
        for file in (mine, also, other, third):
            await blobs.put(file, pieces(b"x"), most_bytes=MOST)
        assert await blobs.remove(account, owners=["a", "nobody"], file_ids=[other.id, mine.id]) == 3
        assert [await blobs.find(account, file.id) is None for file in (mine, also, other, third)] == [
            True,
            True,
            True,
            False,
        ]
        with pytest.raises(DomainError, match="no such file"):
            await read(blobs, mine)

    async def test_a_file_is_given_another_name(self, blobs: Blobs):
        passing, own = new_file(expires_at=NOW, owner="post:1"), new_file(content_type="text/html")
        own = replace(own, account_id=passing.account_id)
        before = await blobs.put(passing, pieces(LONG), most_bytes=MOST)
        renamed = await blobs.rename(passing.account_id, passing.id, own)
        assert renamed == before.model_copy(update=asdict(own))
        assert renamed == await blobs.find(own.account_id, own.id)
        assert await blobs.find(passing.account_id, passing.id) is None
        assert await read(blobs, own) == LONG
        assert await blobs.remove_expired(NOW + timedelta(days=1), limit=10) == 0

    async def test_what_has_the_name_already_stays(self, blobs: Blobs):
        first, second = new_file(), new_file(expires_at=NOW)
        second = replace(second, account_id=first.account_id)
        stored = await blobs.put(first, pieces(b"first"), most_bytes=MOST)
        await blobs.put(second, pieces(b"second"), most_bytes=MOST)
        assert await blobs.rename(second.account_id, second.id, first) == stored
        assert await read(blobs, first) == b"first"
        assert await blobs.find(second.account_id, second.id) is None

    async def test_what_is_not_there_gets_no_name(self, blobs: Blobs):
        file = new_file()
        await blobs.put(file, pieces(b"mine"), most_bytes=MOST)
        for account, name in ((file.account_id, "gone"), ("another", file.id)):
            with pytest.raises(DomainError):
                await blobs.rename(account, name, new_file())
