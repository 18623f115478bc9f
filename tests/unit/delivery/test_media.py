"""Files of inbound messages come from their platforms into the blob store."""

from datetime import timedelta
from typing import Any

import pytest

from libs.contracts.conversation import Attachment
from libs.contracts.files import owned_by_conversation
from libs.contracts.media import RecordFiles
from libs.contracts.vocabulary import Channel, Direction, MessageKind
from libs.runtime.file_types import content_type_of
from libs.runtime.ids import derived_id
from services.delivery.domain.media import PAUSES, job_of
from services.delivery.domain.outcomes import Refused, Retry
from services.delivery.use_cases.fetch_media import FetchMedia, MediaDesk
from tests.unit.delivery.build import START, connection, new_conversation, new_id, recorded
from tests.unit.delivery.fake_media import InMemoryMedia, ScriptedSource
from tests.unit.delivery.fakes import Clock, InMemoryConnections, ListLog
from tests.unit.delivery.media_suite import FILE, MediaSuite
from tests.unit.runtime.in_memory_blobs import InMemoryBlobs

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 60
SECOND = Attachment(kind=MessageKind.DOCUMENT, reference="doc_2", filename="receipt.csv")


@pytest.fixture
def jobs() -> InMemoryMedia:
    return InMemoryMedia()


class TestInMemoryMedia(MediaSuite):
    pass


class Desk:
    def __init__(self, **files: bytes) -> None:
        self.jobs, self.blobs, self.clock = InMemoryMedia(), InMemoryBlobs(), Clock()
        self.source, self.connections = ScriptedSource(**files), InMemoryConnections(connection())
        self.log = ListLog()
        self.fetch = FetchMedia(
            MediaDesk(
                jobs=self.jobs,
                connections=self.connections,
                sources={Channel.TELEGRAM: self.source},
                blobs=self.blobs,
                sniff=content_type_of,
                log=self.log,
                now=self.clock.now,
                new_id=new_id,
                derive_id=derived_id,
                most_bytes=100_000,
            )
        )
        self.conversation = new_conversation()

    async def sends(self, *attachments: Attachment, **options: Any) -> str:
        options = {"direction": Direction.INBOUND, "channel": Channel.TELEGRAM} | options
        event, _ = recorded(self.conversation, **options)
        message = event.message.model_copy(update={"attachments": attachments})
        for _ in range(2):
            await self.fetch.take(event.model_copy(update={"message": message}))
        return message.id

    def told(self) -> RecordFiles:
        (envelope,) = self.jobs.commands
        command = envelope.message()
        assert isinstance(command, RecordFiles)
        return command


async def test_files_are_stored_under_their_conversation_and_told():
    desk = Desk(**{"photo-1": PNG, "doc_2": b"a,b\n"})
    message_id = await desk.sends(FILE, SECOND)
    assert await desk.fetch.next_due()
    assert not await desk.fetch.next_due()
    told = desk.told()
    assert (told.message_id, told.conversation_id) == (message_id, desk.conversation)
    assert [(one.reference, one.content_type, one.size) for one in told.files] == [
        ("photo-1", "image/png", len(PNG)),
        ("doc_2", "text/csv", 4),
    ]
    stored = await desk.blobs.find("acc-1", told.files[0].file_id or "")
    assert stored is not None
    assert stored.owner == owned_by_conversation(desk.conversation)
    assert desk.blobs.files["acc-1", stored.id][1] == PNG


@pytest.mark.parametrize(
    "options",
    [{"direction": Direction.OUTBOUND}, {"channel": Channel.WIDGET}, {"attachments": ()}, {"stored": True}],
)
async def test_what_is_not_at_a_platform_is_not_fetched(options: dict[str, Any]):
    desk = Desk()
    file = FILE.model_copy(update={"file_id": "f1"}) if options.pop("stored", False) else FILE
    attachments = options.pop("attachments", (file,))
    await desk.sends(*attachments, **options)
    assert desk.jobs.open == {}


async def test_a_passing_failure_is_tried_again_and_stores_nothing_twice():
    desk = Desk(**{"photo-1": PNG, "doc_2": b"a,b\n"})
    desk.source.before = [None, Retry("unreachable")]
    await desk.sends(FILE, SECOND)
    assert await desk.fetch.next_due()
    assert desk.jobs.commands == []
    assert not await desk.fetch.next_due()
    desk.clock.pass_(PAUSES[0].total_seconds())
    assert await desk.fetch.next_due()
    assert len(desk.told().files) == 2
    assert len(desk.blobs.files) == 2


async def test_what_can_be_had_is_told_also_when_the_rest_cannot():
    desk = Desk(**{"photo-1": PNG})
    await desk.sends(FILE, SECOND)
    assert await desk.fetch.next_due()
    assert [one.reference for one in desk.told().files] == ["photo-1"]


@pytest.mark.parametrize("content", [b"x" * 100_001, b"breaks"])
async def test_a_file_that_is_too_large_or_breaks_off_leaves_nothing(content: bytes):
    desk = Desk(**{"photo-1": content})
    await desk.sends(FILE)
    for pause in (*PAUSES, timedelta()):
        await desk.fetch.next_due()
        desk.clock.pass_(pause.total_seconds())
    assert (desk.jobs.open, desk.jobs.commands, desk.blobs.files) == ({}, [], {})


async def test_attempts_end():
    desk = Desk()
    desk.source.before = [Retry("unreachable")] * 20
    await desk.sends(FILE)
    attempts = 0
    for pause in (*PAUSES, timedelta(hours=5), timedelta(hours=5)):
        attempts += await desk.fetch.next_due()
        desk.clock.pass_(pause.total_seconds())
    assert attempts == len(PAUSES) + 1
    assert desk.jobs.open == {}


@pytest.mark.parametrize("gone", ["broken", "foreign", "missing"])
async def test_without_a_connection_of_that_account_nothing_is_asked(gone: str):
    desk = Desk(**{"photo-1": PNG})
    await desk.sends(FILE)
    known = connection()
    if gone == "broken":
        desk.connections.stored["conn-1"] = known.broken("unauthorized")
    elif gone == "foreign":
        desk.connections.stored["conn-1"] = connection(account_id="acc-2")
    else:
        desk.connections.stored.clear()
    for pause in (*PAUSES, timedelta()):
        assert await desk.fetch.next_due()
        desk.clock.pass_(pause.total_seconds())
    assert (desk.source.asked, desk.jobs.open) == ([], {})


async def test_files_that_come_after_the_erasure_go_at_once():
    desk = Desk(**{"photo-1": PNG})
    await desk.sends(FILE)

    class Erasing(ScriptedSource):
        def open(self, *arguments: Any) -> Any:
            desk.jobs.open.clear()
            return super().open(*arguments)

    erasing = Erasing(**{"photo-1": PNG})
    desk.fetch._desk.sources[Channel.TELEGRAM] = erasing  # type: ignore[index]
    assert await desk.fetch.next_due()
    assert (desk.jobs.commands, desk.blobs.files) == ([], {})


def test_a_job_names_what_is_needed_and_no_more():
    event, _ = recorded(new_conversation(), direction=Direction.INBOUND)
    assert job_of(event, [Channel.TELEGRAM], START) is None
    assert isinstance(Refused("x"), Refused)
