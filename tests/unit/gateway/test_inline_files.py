"""What a mail carries goes into the blob store, and never through the broker."""

import base64
import json
import tracemalloc
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

import pytest

from libs.contracts.conversation import RecordInboundMessage
from libs.contracts.errors import ErrorCode, TransientError
from libs.contracts.files import NewFile, StoredFile, owned_by_contact
from libs.runtime.file_types import content_type_of
from libs.runtime.ids import derived_id, new_id
from services.gateway.domain.channels import CHANNELS
from services.gateway.domain.webhooks import Post
from services.gateway.use_cases import take_files_out
from services.gateway.use_cases.keep_inline_files import KeepInlineFiles
from services.gateway.use_cases.receive_webhook import ReceiveWebhook
from services.gateway.use_cases.take_files_out import TakeFilesOut
from tests.bench.mail_memory import SIZE, Drain, post, webhooks_over
from tests.unit.gateway.channel_samples import EMAIL, mail
from tests.unit.gateway.fakes import Clock, KnownConnections, RecordingInbound
from tests.unit.gateway.samples import WHEN
from tests.unit.runtime.in_memory_blobs import InMemoryBlobs

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 12_000
PAGE = b"<html><script>alert(1)</script></html>"


class Desk:
    def __init__(self) -> None:
        self.inbound, self.blobs = RecordingInbound(), InMemoryBlobs()
        keep = KeepInlineFiles(self.blobs, content_type_of, now=Clock().now, derive_id=derived_id)
        self.receive = ReceiveWebhook(
            CHANNELS,
            KnownConnections(EMAIL),
            self.inbound,
            now=Clock().now,
            derive_id=derived_id,
            keep_files=keep,
        )

    async def takes(self, *files: Any) -> RecordInboundMessage:
        body = json.dumps(mail(Attachments=list(files))).encode()
        await self.receive.take(EMAIL, Post(WHEN, body=body))
        return self.inbound.recorded[-1][2]


def file(content: bytes, name: str = "lid.png", kind: str = "image/png") -> dict[str, Any]:
    return {"Name": name, "Content": base64.b64encode(content).decode(), "ContentType": kind}


async def test_a_mails_files_lie_in_the_store_and_its_message_stays_small():
    desk = Desk()
    command = await desk.takes(file(PNG), {"Name": "no bytes"}, file(PAGE, "../a.png", "image/png"))
    picture, empty, page = command.attachments
    assert (picture.content_type, picture.size, picture.filename) == ("image/png", len(PNG), "lid.png")
    assert (empty.file_id, empty.filename) == (None, "no bytes")
    assert (page.content_type, page.filename, page.kind) == ("text/html", "a.png", "document")
    stored = desk.blobs.files[EMAIL.account_id, picture.file_id or ""]
    assert stored[1] == PNG
    assert stored[0].owner == owned_by_contact(EMAIL.connection_id, "jo@sample.test")
    assert stored[0].expires_at is None
    assert len(command.model_dump_json()) < 10_000


async def test_the_same_mail_again_names_the_same_files():
    desk = Desk()
    first, again = [await desk.takes(file(PNG)) for _ in range(2)]
    assert first.attachments == again.attachments
    assert len(desk.blobs.files) == 1


async def test_a_file_that_cannot_be_decoded_stays_a_name():
    desk = Desk()
    command = await desk.takes({"Name": "x.png", "Content": "abc", "ContentType": "image/png"})
    assert command.attachments[0].file_id is None
    assert desk.blobs.files == {}


async def test_a_file_that_is_too_large_stays_a_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("services.gateway.use_cases.keep_inline_files.MOST_BYTES", 10)
    desk = Desk()
    assert (await desk.takes(file(PNG))).attachments[0].file_id is None


async def test_while_the_store_is_away_nothing_is_taken(monkeypatch: pytest.MonkeyPatch):
    desk = Desk()

    async def away(*_: Any, **__: Any) -> Any:
        raise TransientError(ErrorCode.UNAVAILABLE, "the store is away")

    monkeypatch.setattr(desk.blobs, "put", away)
    with pytest.raises(TransientError):
        await desk.takes(file(PNG))
    assert desk.inbound.recorded == []


async def test_a_mail_without_files_costs_nothing():
    desk = Desk()
    assert (await desk.takes()).attachments == ()


class Stall(InMemoryBlobs):
    """Breaks, or counts how much of a stream was taken."""

    def __init__(self) -> None:
        super().__init__()
        self.fails_after: int | None = None

    async def put(self, file: NewFile, chunks: AsyncIterable[bytes], *, most_bytes: int) -> StoredFile:
        async def counted() -> AsyncIterator[bytes]:
            size = 0
            async for chunk in chunks:
                size += len(chunk)
                if self.fails_after is not None and size > self.fails_after:
                    raise TransientError(ErrorCode.UNAVAILABLE, "the store is away")
                yield chunk

        return await super().put(file, counted(), most_bytes=most_bytes)


class LargeDesk(Desk):
    """A desk at which a mail arrives in pieces."""

    def __init__(self) -> None:
        super().__init__()
        self.blobs: Stall = Stall()
        keep = KeepInlineFiles(self.blobs, content_type_of, now=Clock().now, derive_id=derived_id)
        self.take_out = TakeFilesOut(self.blobs, now=Clock().now, new_id=new_id)
        self.receive._keep_files = keep

    async def takes(self, *files: Any, cut_at: int | None = None, **fields: Any) -> RecordInboundMessage:
        body = json.dumps(mail(Attachments=list(files), **fields)).encode()

        async def chunks() -> AsyncIterator[bytes]:
            for at in range(0, len(body), 65_536):
                yield body[at : at + 65_536]
                if cut_at is not None and at > cut_at:
                    raise ConnectionResetError

        post = await self.take_out(EMAIL, Post(WHEN), chunks())
        assert len(post.body) < 10_000
        await self.receive.take(EMAIL, post)
        return self.inbound.recorded[-1][2]


async def test_a_large_mails_files_go_to_the_store_as_they_come():
    large, small = LargeDesk(), Desk()
    command = await large.takes(file(PNG), file(PAGE * 2_000, "page.png", "image/png"), file(PAGE))
    assert command == await small.takes(file(PNG), file(PAGE * 2_000, "page.png", "image/png"), file(PAGE))
    assert command.attachments[1].content_type == "text/html"
    assert large.blobs.files == small.blobs.files
    assert all(stored.expires_at is None for stored, _ in large.blobs.files.values())


async def test_the_same_large_mail_again_names_the_same_files():
    desk = LargeDesk()
    first, again = [await desk.takes(file(PNG)) for _ in range(2)]
    assert first.attachments == again.attachments
    assert len(desk.blobs.files) == 1


async def test_a_large_file_that_cannot_be_decoded_stays_a_name():
    desk = LargeDesk()
    broken = {"Name": "x.png", "Content": "A" * 40_001, "ContentType": "image/png"}
    command = await desk.takes(broken, file(PNG))
    assert [one.file_id is None for one in command.attachments] == [True, False]
    assert len(desk.blobs.files) == 1


async def test_of_a_large_mail_that_breaks_off_only_what_was_whole_waits_to_expire():
    desk = LargeDesk()
    with pytest.raises(ConnectionResetError):
        await desk.takes(file(PNG), file(PNG, "second.png"), cut_at=6_000_000)
    [(stored, content)] = desk.blobs.files.values()
    assert (content, stored.expires_at is not None) == (PNG, True)
    assert desk.inbound.recorded == []


@pytest.mark.parametrize("fails_after", [0, 1_000_000, len(PNG) - 1])
async def test_a_store_that_goes_away_ends_the_post(fails_after: int):
    desk = LargeDesk()
    desk.blobs.fails_after = fails_after
    with pytest.raises(TransientError):
        await desk.takes(file(PNG))
    assert desk.blobs.files == {}


async def test_a_large_mail_has_no_more_files_than_a_message_can_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(take_files_out, "_MOST_FILES", 1)
    desk = LargeDesk()
    command = await desk.takes(file(PNG), file(PNG, "second.png"))
    assert [one.file_id is None for one in command.attachments] == [False, True]
    assert len(desk.blobs.files) == 1


async def test_fifty_megabytes_take_no_more_than_a_few_pieces():
    files = Drain()
    webhooks, inbound = webhooks_over(files)
    tracemalloc.start()
    try:
        assert await post(webhooks, SIZE) == 200
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    [[_, _, command]] = inbound.recorded
    assert command.attachments[0].size == SIZE
    assert peak < 8_000_000
