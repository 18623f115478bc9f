"""What a mail carries goes into the blob store, and never through the broker."""

import base64
import json
from typing import Any

import pytest

from libs.contracts.conversation import RecordInboundMessage
from libs.contracts.errors import ErrorCode, TransientError
from libs.contracts.files import owned_by_contact
from libs.runtime.file_types import content_type_of
from libs.runtime.ids import derived_id
from services.gateway.domain.channels import CHANNELS
from services.gateway.domain.webhooks import Post
from services.gateway.use_cases.keep_inline_files import KeepInlineFiles
from services.gateway.use_cases.receive_webhook import ReceiveWebhook
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
    monkeypatch.setattr("services.gateway.use_cases.keep_inline_files._MOST_BYTES", 10)
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
