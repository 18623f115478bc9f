"""Timers and scheduled replies in MongoDB. The ids of replies sort by the time they were made."""

from collections.abc import Sequence
from typing import Any

from pymongo import DESCENDING

from libs.contracts.scheduling import ScheduledReply
from libs.runtime.mongo import Store
from services.conversation.adapters.documents import Document
from services.conversation.adapters.mongo_part import MongoPart, Records
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.timers import Timer, TimerKind

#: Milliseconds a read may take in the store.
READ_LIMIT = 2_500


def timer_id(kind: TimerKind, conversation_id: str, key: str = "") -> str:
    """The `_id` of a timer's row."""
    return f"{kind}:{conversation_id}:{key}" if key else f"{kind}:{conversation_id}"


class MongoSchedule(MongoPart):
    """Implements ScheduleRecords, a part of the port Transaction."""

    async def put_timer(self, timer: Timer) -> None:
        """A row in place of the old one: its lease goes with it."""
        document = {
            "_id": timer_id(timer.kind, timer.conversation_id, timer.key),
            "account_id": self._account_id,
            "conversation_id": timer.conversation_id,
            "kind": timer.kind.value,
            "key": timer.key,
            "due_at": timer.due_at,
        }
        await self._put(self._records.timers, document)

    async def drop_timer(self, kind: TimerKind, conversation_id: str, key: str = "") -> None:
        """By id."""
        await self._records.timers.delete_one(
            {"_id": timer_id(kind, conversation_id, key), "account_id": self._account_id},
            session=self._session,
        )

    async def put_scheduled(self, reply: ScheduledReply) -> None:
        """In place of the old one."""
        fields = reply.model_dump(mode="python") | {
            "state": reply.state.value,
            "author_kind": reply.author_kind.value,
        }
        document = {"_id": fields.pop("id"), "account_id": self._account_id, **fields}
        await self._put(self._records.scheduled, document)

    async def scheduled(self, conversation_id: str, scheduled_id: str) -> ScheduledReply | None:
        """By id."""
        row = await self._get(
            self._records.scheduled,
            _id=scheduled_id,
            account_id=self._account_id,
            conversation_id=conversation_id,
        )
        return reply_of(row) if row else None

    async def _keep_snooze(self, conversation: Conversation) -> None:
        if conversation.snoozed_until is None:
            await self.drop_timer(TimerKind.WAKE, conversation.id)
        else:
            await self.put_timer(Timer(TimerKind.WAKE, conversation.id, conversation.snoozed_until))


class MongoScheduleReads:
    """Implements the port ScheduledReplies."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = Records(store).scheduled

    async def scheduled_replies(
        self, account_id: str, conversation_id: str, limit: int, before: str | None
    ) -> Sequence[ScheduledReply]:
        """Along the index of conversations."""
        wanted: dict[str, Any] = {"conversation_id": conversation_id, "account_id": account_id}
        if before is not None:
            wanted["_id"] = {"$lt": before}
        with self._store.guarded():
            found = self._rows.find(wanted).sort("_id", DESCENDING).limit(limit)
            return [reply_of(row) for row in await found.max_time_ms(READ_LIMIT).to_list(limit)]


def reply_of(row: Document) -> ScheduledReply:
    """A document's reply."""
    return ScheduledReply.model_validate(row | {"id": row["_id"]})
