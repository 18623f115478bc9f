"""Dead letters: drained from the broker into the owner's store, where people search, replay or drop them.

Kept fourteen days. A dead-letter queue is a small buffer; the store is where they can be looked at, and
erased when a person asks for that.
"""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

from aio_pika.abc import AbstractIncomingMessage
from bson import Binary
from pymongo import DESCENDING, IndexModel

from libs.contracts import topology
from libs.contracts.errors import DomainError, ErrorCode, TransientError
from libs.runtime.broker_link import AWAY, connect
from libs.runtime.clock import now
from libs.runtime.ids import new_id
from libs.runtime.logs import get_logger
from libs.runtime.mongo import Store
from libs.runtime.publisher import Publisher

COLLECTION = "dead_letters"
INDEXES = {
    COLLECTION: [
        IndexModel("at", name="kept_two_weeks", expireAfterSeconds=int(timedelta(days=14).total_seconds())),
        IndexModel([("queue", 1), ("at", DESCENDING)], name="by_queue"),
    ]
}

_REOPEN = 1.0
_PREFETCH = 50
_log = get_logger("dead letters")


def _queues_of(service: str) -> list[str]:
    return [
        queue.name
        for queue in topology.QUEUES
        if queue.classic is None and topology.owner(queue.name) == service
    ]


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


class DeadLetterDrain:
    """Moves a service's dead letters, and what the gateway parked, from the broker into its store."""

    def __init__(self, url: str, store: Store, service: str) -> None:
        self._url = url
        self._store = store
        # Parked bodies are not dead, but kept the same way: the queue itself is drained.
        queues = _queues_of(service)
        self._sources = {topology.dead_letter_queue(name): name for name in queues}
        if topology.PARKED in queues:
            self._sources[topology.PARKED] = topology.PARKED

    async def run(self) -> None:
        """Drain until cancelled."""
        while True:
            try:
                await self._read()
            except (TransientError, *AWAY) as error:
                _log.warning("dead letters not drained", error_type=type(error).__name__)
            await asyncio.sleep(_REOPEN)

    async def _read(self) -> None:
        connection = await connect(self._url, "dead letters")
        async with connection:
            lost = asyncio.Event()
            channel = await connection.channel()
            channel.close_callbacks.add(lambda *_: lost.set())
            await channel.set_qos(prefetch_count=_PREFETCH, global_=False)
            for name, origin in self._sources.items():
                queue = await channel.get_queue(name, ensure=False)
                await queue.consume(partial(self._keep, origin))
            await lost.wait()

    async def _keep(self, origin: str, message: AbstractIncomingMessage) -> None:
        headers = {key: _text(value) for key, value in message.headers.items() if key.startswith("x-death-")}
        row = {
            "queue": origin,
            "type": message.type or "",
            "message_id": message.message_id or "",
            "code": headers.get("x-death-code", "delivery_limit"),
            "reason": headers.get("x-death-reason", "the broker gave up on it: its consumer died too often"),
            "at": now(),
            "kept_as": new_id(),
            "body": Binary(message.body),
        }
        if origin == topology.PARKED:
            row |= {
                "code": "parked",
                "reason": _text(message.headers.get("x-reason", "nobody can interpret it")),
            }
        key = f"{origin}:{message.message_id or new_id()}"
        try:
            with self._store.guarded():
                await self._store.database[COLLECTION].update_one({"_id": key}, {"$set": row}, upsert=True)
        except TransientError:
            await asyncio.sleep(_REOPEN)
            await message.nack(requeue=True)
            return
        await message.ack()


class DeadLetters:
    """What an operator does with them. Ids are those that `list` shows."""

    def __init__(self, store: Store, publisher: Publisher) -> None:
        self._rows = store.database[COLLECTION]
        self._store = store
        self._publisher = publisher

    async def list(self, *, queue: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """The newest first, without bodies."""
        with self._store.guarded():
            found = self._rows.find({"queue": queue} if queue else {}, projection={"body": False})
            return await found.sort("at", DESCENDING).limit(limit).to_list(limit)

    async def show(self, letter_id: str) -> dict[str, Any]:
        """One, with its body as text. DomainError `not_found` for an unknown id."""
        with self._store.guarded():
            row = await self._rows.find_one({"_id": letter_id})
        if row is None:
            raise DomainError(ErrorCode.NOT_FOUND, f"no dead letter {letter_id}")
        return {**row, "body": bytes(row["body"]).decode("utf-8", "replace")}

    async def replay(self, letter_id: str) -> None:
        """Back to its queue, confirmed, before it is forgotten here."""
        with self._store.guarded():
            row = await self._rows.find_one({"_id": letter_id})
        if row is None:
            raise DomainError(ErrorCode.NOT_FOUND, f"no dead letter {letter_id}")
        if row["queue"] == topology.PARKED:
            raise DomainError(ErrorCode.INVALID, "a parked body has no queue to go back to")
        await self._publisher.publish_raw(
            bytes(row["body"]),
            exchange="",
            routing_key=row["queue"],
            message_id=row["message_id"] or new_id(),
            message_type=row["type"],
        )
        with self._store.guarded():
            # It may have died again meanwhile, and been kept under the same id: that one stays.
            await self._rows.delete_one({"_id": letter_id, "kept_as": row["kept_as"]})

    async def drop(self, letter_id: str) -> None:
        """Forget one. DomainError `not_found` for an unknown id."""
        with self._store.guarded():
            result = await self._rows.delete_one({"_id": letter_id})
        if result.deleted_count == 0:
            raise DomainError(ErrorCode.NOT_FOUND, f"no dead letter {letter_id}")
