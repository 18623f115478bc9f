"""How much a mail of 50 MB takes while the gateway receives it: `python -m tests.bench.mail_memory`."""

import asyncio
import hashlib
import json
import resource
import sys
from collections.abc import AsyncIterable
from dataclasses import asdict
from time import monotonic
from typing import Any

from libs.contracts.files import NewFile, StoredFile
from libs.runtime.clock import now
from libs.runtime.file_types import content_type_of
from libs.runtime.ids import derived_id, new_id
from services.gateway.domain.channels import CHANNELS
from services.gateway.entrypoints.http_webhooks import Webhooks
from services.gateway.use_cases.keep_inline_files import KeepInlineFiles
from services.gateway.use_cases.receive_webhook import ReceiveWebhook
from services.gateway.use_cases.take_files_out import TakeFilesOut
from tests.unit.gateway.channel_samples import EMAIL, basic, mail
from tests.unit.gateway.fakes import KnownConnections, RecordingInbound

#: Bytes of the attachment: 35 MB, as Postmark takes at most, are 47 MB in base64.
SIZE = 34_999_998
_CHUNK = 65_536


class Drain:
    """A blob store that keeps what is known of a file, and of its bytes only their digest."""

    def __init__(self) -> None:
        self.files: dict[str, StoredFile] = {}

    async def put(self, file: NewFile, chunks: AsyncIterable[bytes], *, most_bytes: int) -> StoredFile:
        """Take a stream."""
        digest, size = hashlib.sha256(), 0
        async for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
        assert size <= most_bytes
        return self.files.setdefault(
            file.id, StoredFile(**asdict(file), size=size, sha256=digest.hexdigest())
        )

    async def rename(self, account_id: str, file_id: str, file: NewFile) -> StoredFile:  # noqa: ARG002 - the port's
        """Give a file its own name."""
        known = self.files.pop(file_id)
        return self.files.setdefault(file.id, known.model_copy(update=asdict(file)))


def parts_of_a_mail(size: int) -> tuple[bytes, bytes]:
    """What stands before and behind the base64 of one attachment of zeros, whose size has the factor 3."""
    mark = "here"
    attachment = {"Name": "big.bin", "ContentType": "application/octet-stream", "ContentLength": size}
    body = json.dumps(mail(MessageID=f"copy-{size}", Attachments=[{**attachment, "Content": mark}])).encode()
    before, _, behind = body.partition(mark.encode())
    return before, behind


def webhooks_over(files: Any) -> tuple[Webhooks, RecordingInbound]:
    """The route for posts of platforms, over a store of files."""
    inbound = RecordingInbound()
    keep = KeepInlineFiles(files, content_type_of, now=now, derive_id=derived_id)
    connections = KnownConnections(EMAIL)
    receive = ReceiveWebhook(CHANNELS, connections, inbound, now=now, derive_id=derived_id, keep_files=keep)
    taken_out = TakeFilesOut(files, now=now, new_id=new_id)
    webhooks = Webhooks(receive, body_bytes=1_048_576, body_seconds=120, now=now, take_files_out=taken_out)
    return webhooks, inbound


async def post(webhooks: Webhooks, size: int = SIZE) -> int:
    """Post the mail in pieces, none of them held; the status."""
    before, behind = parts_of_a_mail(size)
    whole, rest = divmod(size // 3 * 4, _CHUNK)
    pieces = [before, *[b"A" * _CHUNK] * whole, b"A" * rest, behind]
    sent: list[Any] = []

    async def receive() -> Any:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        sent.append(message)

    length = sum(map(len, pieces))
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/webhooks/email/{EMAIL.connection_id}",
        "query_string": b"",
        "headers": [
            (b"authorization", basic(EMAIL.webhook_secret or "").encode()),
            (b"content-length", str(length).encode()),
        ],
    }
    await webhooks(scope, receive, send)
    return int(sent[0]["status"])


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def main() -> None:
    files = Drain()
    webhooks, inbound = webhooks_over(files)
    await post(webhooks, 999)
    resting, begun = _peak_mib(), monotonic()
    status = await post(webhooks)
    took, [_, command] = monotonic() - begun, [one[2] for one in inbound.recorded]
    [attachment] = command.attachments
    assert (status, attachment.size) == (200, SIZE), (status, attachment)
    sys.stdout.write(f"{_peak_mib() - resting:.0f} MiB above {resting:.0f} MiB, {took:.1f} s\n")


if __name__ == "__main__":
    asyncio.run(main())
