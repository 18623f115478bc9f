"""Timers that fall due: each becomes a command in its conversation's partition, by its kind."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pymongo import ASCENDING
from pymongo.errors import PyMongoError

from libs.contracts import topology
from libs.contracts.base import SYSTEM, Command
from libs.contracts.conversation import ExpireAnswer
from libs.contracts.envelope import wrap
from libs.contracts.errors import TransientError
from libs.contracts.scheduling import SendScheduledReply
from libs.contracts.snoozing import WakeConversation
from libs.runtime.clock import now
from libs.runtime.ids import derived_id, new_id
from libs.runtime.logs import get_logger
from libs.runtime.mongo import Store
from libs.runtime.publisher import OutboxEntry, Publisher
from services.conversation.adapters.mongo_transaction import SOURCE
from services.conversation.domain.timers import TimerKind

#: Rows taken at once.
BATCH = 100
#: How long a row is one worker's own. Past it another takes it: publishing twice is harmless, because the
#: command's id is made of what it is about.
LEASE = timedelta(seconds=30)

_log = get_logger("timers")


class MongoTimers:
    """Polls the rows. Any number of replicas may do so. `poll`: seconds between looks."""

    def __init__(self, store: Store, publisher: Publisher, poll: float) -> None:
        self._store = store
        self._publisher = publisher
        self._poll = poll
        self._rows = store.database["timers"]

    async def run(self) -> None:
        """Publish what falls due, until cancelled."""
        while True:
            try:
                more = await self.publish_due() == BATCH
            except (TransientError, PyMongoError) as error:
                _log.warning("timers not published", error_type=type(error).__name__)
                more = False
            if not more:
                await asyncio.sleep(self._poll)

    async def publish_due(self) -> int:
        """Publish at most BATCH rows that are due; a row goes once the broker has confirmed its command. How
        many were taken.
        """
        rows = await self._claim()
        if not rows:
            return 0
        confirmed = await self._publisher.publish_many([_entry(row) for row in rows])
        done = [row for row, sent in zip(rows, confirmed, strict=True) if sent]
        if done:
            # A newer timer may have taken the row's place meanwhile, without its lease: that one stays.
            with self._store.guarded():
                await self._rows.delete_many(
                    {"_id": {"$in": [row["_id"] for row in done]}, "lease": done[0]["lease"]}
                )
        if len(done) < len(rows):
            _log.warning("timers not confirmed", rows=len(rows) - len(done))
        return len(rows)

    async def _claim(self) -> list[dict[str, Any]]:
        moment = now()
        free = {
            "due_at": {"$lte": moment},
            # A kind that only a newer version knows is left to that one.
            "kind": {"$in": [None, *_COMMANDS]},
            "$or": [{"leased_until": None}, {"leased_until": {"$lt": moment}}],
        }
        with self._store.guarded():
            found = self._rows.find(free, projection=["_id"]).sort("due_at", ASCENDING).limit(BATCH)
            due = await found.to_list(BATCH)
            if not due:
                return []
            lease = new_id()
            ids = [row["_id"] for row in due]
            await self._rows.update_many(
                {"_id": {"$in": ids}, **free}, {"$set": {"lease": lease, "leased_until": moment + LEASE}}
            )
            return await self._rows.find({"_id": {"$in": ids}, "lease": lease}).to_list(BATCH)


def _answer(row: dict[str, Any]) -> tuple[Command, tuple[str, ...]]:
    command = ExpireAnswer(
        actor=SYSTEM,
        conversation_id=row["conversation_id"],
        message_id=row["message_id"],
        handoff_epoch=row["handoff_epoch"],
    )
    return command, (row["message_id"], str(row["handoff_epoch"]))


def _wake(row: dict[str, Any]) -> tuple[Command, tuple[str, ...]]:
    command = WakeConversation(actor=SYSTEM, conversation_id=row["conversation_id"], until=row["due_at"])
    return command, (row["due_at"].isoformat(),)


def _send(row: dict[str, Any]) -> tuple[Command, tuple[str, ...]]:
    command = SendScheduledReply(
        actor=SYSTEM, conversation_id=row["conversation_id"], scheduled_id=row["key"]
    )
    return command, (row["key"],)


#: What each kind of row becomes, and what the command's id is made of beside its type and conversation.
_COMMANDS: dict[str, Callable[[dict[str, Any]], tuple[Command, tuple[str, ...]]]] = {
    TimerKind.ANSWER: _answer,
    TimerKind.WAKE: _wake,
    TimerKind.SEND: _send,
}


def _entry(row: dict[str, Any]) -> OutboxEntry:
    # Rows from before there were kinds are answer deadlines.
    command, parts = _COMMANDS[row.get("kind", TimerKind.ANSWER)](row)
    conversation_id = row["conversation_id"]
    envelope = wrap(
        command,
        id=derived_id(command.type, conversation_id, *parts),
        source=SOURCE,
        time=now(),
        accountid=row["account_id"],
        subject=conversation_id,
    )
    partition = topology.partition(topology.conversation_crc(conversation_id))
    return OutboxEntry(envelope, topology.CONVERSATION_COMMANDS, f"{partition}.{command.type}")
