"""Jobs of files to be fetched, in MongoDB: a document a message."""

from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from libs.contracts import topology
from libs.contracts.conversation import Attachment
from libs.contracts.envelope import Envelope
from libs.contracts.vocabulary import Channel
from libs.runtime.mongo import Session, Store
from libs.runtime.outbox import Outbox
from libs.runtime.publisher import OutboxEntry
from services.delivery.domain.media import MediaJob

COLLECTION = "media"
#: Seconds a job is known after its end: longer than its event can be replayed.
_KEPT = 30 * 24 * 3600
INDEXES = {
    COLLECTION: [
        IndexModel([("next_attempt_at", ASCENDING)], name="due", partialFilterExpression={"open": True}),
        IndexModel([("conversation_id", ASCENDING)], name="of_conversation"),
        IndexModel("ended_at", name="kept_thirty_days", expireAfterSeconds=_KEPT),
    ]
}


class MongoMedia:
    """The port MediaJobs."""

    def __init__(self, store: Store, outbox: Outbox) -> None:
        self._store = store
        self._outbox = outbox
        self._rows = store.database[COLLECTION]

    async def add(self, job: MediaJob) -> None:
        """By the message's id, once."""
        with self._store.guarded():
            try:
                await self._rows.insert_one(_document_of(job))
            except DuplicateKeyError:
                return

    async def take_due(self, moment: datetime, claim_id: str, until: datetime) -> MediaJob | None:
        """In one write. A claim that lapsed is due as well."""
        with self._store.guarded():
            row = await self._rows.find_one_and_update(
                {"open": True, "next_attempt_at": {"$lte": moment}},
                {"$set": {"claim_id": claim_id, "next_attempt_at": until}, "$inc": {"attempts": 1}},
                sort=[("next_attempt_at", ASCENDING)],
                return_document=ReturnDocument.AFTER,
            )
        return _job_of(row) if row else None

    async def postpone(self, job: MediaJob, at: datetime) -> bool:
        """While the claim holds."""
        with self._store.guarded():
            done = await self._rows.update_one(
                _held(job), {"$set": {"next_attempt_at": at, "claim_id": None}}
            )
        return bool(done.matched_count)

    async def finish(self, job: MediaJob, command: Envelope | None) -> bool:
        """The row loses what the contact sent; the command goes to the conversation's partition."""
        partition = topology.partition(topology.conversation_crc(job.conversation_id))

        async def work(session: Session) -> bool:
            done = await self._rows.update_one(
                _held(job),
                {
                    "$set": {"ended_at": job.next_attempt_at},
                    "$unset": {"open": "", "attachments": "", "next_attempt_at": "", "claim_id": ""},
                },
                session=session,
            )
            if done.matched_count and command is not None:
                key = f"{partition}.{command.type}"
                await self._outbox.add(session, [OutboxEntry(command, topology.CONVERSATION_COMMANDS, key)])
            return bool(done.matched_count)

        finished = await self._store.transaction(work)
        self._outbox.wake()
        if finished:
            return True
        with self._store.guarded():
            return await self._rows.find_one({"_id": job.message_id}, projection=["_id"]) is not None

    async def erase(self, account_id: str, conversation_id: str) -> None:
        """Forget a conversation's jobs: who is at one finds that it is not theirs any more."""
        with self._store.guarded():
            await self._rows.delete_many({"account_id": account_id, "conversation_id": conversation_id})


def _held(job: MediaJob) -> dict[str, Any]:
    return {
        "_id": job.message_id,
        "account_id": job.account_id,
        "open": True,
        "claim_id": job.claim_id,
    }


def _document_of(job: MediaJob) -> dict[str, Any]:
    return {
        "_id": job.message_id,
        "account_id": job.account_id,
        "conversation_id": job.conversation_id,
        "connection_id": job.connection_id,
        "channel": job.channel.value,
        "attachments": [one.model_dump(mode="json") for one in job.attachments],
        "next_attempt_at": job.next_attempt_at,
        "attempts": job.attempts,
        "claim_id": job.claim_id,
        "open": True,
    }


def _job_of(row: dict[str, Any]) -> MediaJob:
    return MediaJob(
        message_id=row["_id"],
        account_id=row["account_id"],
        conversation_id=row["conversation_id"],
        connection_id=row["connection_id"],
        channel=Channel(row["channel"]),
        attachments=tuple(Attachment.model_validate(one) for one in row["attachments"]),
        next_attempt_at=row["next_attempt_at"],
        attempts=row["attempts"],
        claim_id=row["claim_id"],
    )
