"""What every store of jobs promises: subclasses give the `jobs` fixture."""

from datetime import timedelta
from typing import Any

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import Attachment
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.media import RecordFiles
from libs.contracts.vocabulary import Channel, MessageKind
from services.delivery.domain.media import MediaJob
from services.delivery.use_cases.media_ports import MediaJobs
from tests.unit.delivery.build import START, new_conversation, new_id

FILE = Attachment(kind=MessageKind.IMAGE, reference="photo-1", content_type="image/png", size=3)
UNTIL = START + timedelta(minutes=10)


def job(**parts: Any) -> MediaJob:
    given: dict[str, Any] = {
        "message_id": new_id(),
        "account_id": "acc-1",
        "conversation_id": new_conversation(),
        "connection_id": "conn-1",
        "channel": Channel.TELEGRAM,
        "attachments": (FILE,),
        "next_attempt_at": START,
    }
    return MediaJob(**given | parts)


def command(one: MediaJob) -> Envelope:
    message = RecordFiles(
        actor=SYSTEM, conversation_id=one.conversation_id, message_id=one.message_id, files=one.attachments
    )
    return wrap(
        message,
        id=new_id(),
        source="/test",
        time=START,
        accountid=one.account_id,
        subject=one.conversation_id,
    )


class MediaSuite:
    async def test_a_job_is_taken_by_one_worker_until_its_claim_lapses(self, jobs: MediaJobs):
        one = job()
        for _ in range(2):
            await jobs.add(one)
        assert await jobs.take_due(START - timedelta(seconds=1), "c", UNTIL) is None
        taken = await jobs.take_due(START, "c-1", UNTIL)
        assert taken is not None
        assert (taken.message_id, taken.attachments, taken.attempts, taken.claim_id) == (
            one.message_id,
            (FILE,),
            1,
            "c-1",
        )
        assert await jobs.take_due(START, "c-2", UNTIL) is None
        again = await jobs.take_due(UNTIL, "c-2", UNTIL + timedelta(minutes=10))
        assert again is not None
        assert again.attempts == 2
        assert not await jobs.postpone(taken, START)
        assert await jobs.postpone(again, UNTIL)

    async def test_a_job_is_done_once(self, jobs: MediaJobs):
        one = job()
        await jobs.add(one)
        taken = await jobs.take_due(START, "c-1", UNTIL)
        assert taken is not None
        assert await jobs.finish(taken, command(one))
        await jobs.add(one)
        assert await jobs.take_due(UNTIL, "c-2", UNTIL) is None
        # Known, though not ours any more: nothing is taken back.
        assert await jobs.finish(taken, command(one))

    async def test_a_job_without_a_result_ends_too(self, jobs: MediaJobs):
        await jobs.add(job())
        taken = await jobs.take_due(START, "c-1", UNTIL)
        assert taken is not None
        assert await jobs.finish(taken, None)

    async def test_an_erased_conversations_job_is_nobodys(self, jobs: Any):
        one, other = job(), job()
        await jobs.add(one)
        taken = await jobs.take_due(START, "c-1", UNTIL)
        await jobs.add(other)
        await jobs.erase("acc-2", one.conversation_id)
        await jobs.erase("acc-1", one.conversation_id)
        assert not await jobs.finish(taken, command(one))
        left = await jobs.take_due(START, "c-2", UNTIL)
        assert left.message_id == other.message_id
