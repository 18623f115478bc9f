"""What the tests of channel adapters share: an HTTP caller, a blob store in memory, a way to send."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

from libs.contracts.conversation import Attachment
from libs.contracts.errors import DomainError, ErrorCode, TransientError
from libs.contracts.vocabulary import MessageKind
from services.delivery.adapters.files import Files
from services.delivery.domain.connection import Connection
from services.delivery.domain.outcomes import Outcome
from services.delivery.use_cases.ports import Channel
from tests.unit.delivery.build import reply


@dataclass
class HeldBlobs:
    """Only what adapters ask a blob store for: to read."""

    held: dict[tuple[str, str], bytes] = field(default_factory=dict)
    away: bool = False

    async def read(
        self, account_id: str, file_id: str, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        if self.away:
            raise TransientError(ErrorCode.UNAVAILABLE, "away", retry_after=2)
        content = self.held.get((account_id, file_id))
        if content is None:
            raise DomainError(ErrorCode.NOT_FOUND, "no such file")
        content = content[start : None if length is None else start + length]
        for at in range(0, len(content), 4):
            yield content[at : at + 4]


def files_of(blobs: HeldBlobs) -> Files:
    return Files(blobs)  # type: ignore[arg-type]  # adapters only read


def picture(**changes: Any) -> Attachment:
    values: dict[str, Any] = {
        "kind": MessageKind.IMAGE,
        "reference": "f1",
        "file_id": "f1",
        "filename": "lid.png",
        "content_type": "image/png",
    }
    return Attachment(**(values | changes))


@dataclass
class Sending:
    """Sends rows over one channel and connection; `progress` is what was told on the way."""

    channel: Channel
    connection: Connection
    target: str
    progress: list[tuple[str, ...]] = field(default_factory=list)

    async def __call__(self, content: str = "Sim, ontem.", **changes: Any) -> Outcome:
        async def note(ids: tuple[str, ...]) -> None:
            self.progress.append(ids)

        row = reply(
            target=changes.pop("target", self.target),
            content=content,
            channel=self.connection.channel,
            account_id=self.connection.account_id,
            message_id=changes.pop("message_id", None),
        )
        return await self.channel.send(replace(row, **changes), self.connection, note)
