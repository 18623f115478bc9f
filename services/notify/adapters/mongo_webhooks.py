"""Internal webhooks in MongoDB.

    internal_webhooks   {_id: <receiver>|<event id>, receiver, event_id, conversation_id, path, body, state,
                         position, attempts, next_attempt_at, at}
                        in line by (receiver, state, position), gone after a day

A position is an id whose later ones sort behind earlier ones: events of one conversation are handled one
after the other by one process, so they stand in their order. The day bounds the line of a receiver that is
away.
"""

from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import BulkWriteError

from libs.runtime.ids import new_id
from libs.runtime.lease import Lease
from libs.runtime.mongo import Store
from services.notify.use_cases.webhook_ports import Delivery

COLLECTION = "internal_webhooks"
KEPT_SECONDS = 24 * 3600
#: Longer than one post may take, so that two processes never post to one receiver.
LEASE_SECONDS = 30.0
INDEXES = {
    COLLECTION: [
        IndexModel([("receiver", ASCENDING), ("state", ASCENDING), ("position", ASCENDING)], name="in_line"),
        IndexModel("conversation_id", name="of_conversation"),
        IndexModel("at", name="kept_a_day", expireAfterSeconds=KEPT_SECONDS),
    ]
}

_WAITING, _DONE, _SET_ASIDE = "waiting", "done", "set_aside"
_DUPLICATE = 11_000


class MongoWebhooks:
    """The port WebhookOutbox. `owner` names this process."""

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner
        self._rows = store.database[COLLECTION]
        self._leases: dict[str, Lease] = {}

    async def add(self, deliveries: list[Delivery], at: datetime) -> None:
        """One insert; rows that are there already stay as they are."""
        rows = [
            {
                "_id": _id(one),
                "receiver": one.receiver,
                "event_id": one.event_id,
                "conversation_id": one.conversation_id,
                "path": one.path,
                "body": one.body,
                "state": _WAITING,
                "position": new_id(),
                "attempts": 0,
                "next_attempt_at": None,
                "at": at,
            }
            for one in deliveries
        ]
        with self._store.guarded():
            try:
                await self._rows.insert_many(rows, ordered=False)
            except BulkWriteError as error:
                if any(one.get("code") != _DUPLICATE for one in error.details["writeErrors"]):
                    raise

    async def first(self, receiver: str) -> Delivery | None:
        """Along the index."""
        with self._store.guarded():
            row = await self._rows.find_one(
                {"receiver": receiver, "state": _WAITING}, sort=[("position", ASCENDING)]
            )
        if row is None:
            return None
        due: datetime | None = row["next_attempt_at"]
        return Delivery(
            receiver=row["receiver"],
            event_id=row["event_id"],
            conversation_id=row["conversation_id"],
            path=row["path"],
            body=row["body"],
            attempts=row["attempts"],
            next_attempt_at=due.astimezone(UTC) if due else None,
        )

    async def done(self, delivery: Delivery) -> None:
        """The row stays for its day, so that the event, delivered to us again, is known."""
        await self._set(delivery, state=_DONE, body="")

    async def again(self, delivery: Delivery, at: datetime | None) -> None:
        """Later, or never."""
        await self._set(
            delivery,
            state=_SET_ASIDE if at is None else _WAITING,
            attempts=delivery.attempts + 1,
            next_attempt_at=at,
        )

    async def _set(self, delivery: Delivery, **fields: Any) -> None:
        with self._store.guarded():
            await self._rows.update_one({"_id": _id(delivery)}, {"$set": fields})

    async def erase(self, conversation_id: str) -> None:
        """Forget what was said in a conversation; what waits of it is not posted any more."""
        with self._store.guarded():
            await self._rows.delete_many({"conversation_id": conversation_id})

    async def mine(self, receiver: str) -> bool:
        """A lease for each receiver, renewed before each post."""
        lease = self._leases.get(receiver)
        if lease is None:
            name = f"{COLLECTION}:{receiver}"
            lease = self._leases[receiver] = Lease(self._store, name, self._owner, seconds=LEASE_SECONDS)
        return await lease.hold()


def _id(delivery: Delivery) -> str:
    return f"{delivery.receiver}|{delivery.event_id}"
