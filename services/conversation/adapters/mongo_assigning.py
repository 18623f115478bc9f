"""What is whose work, what waits, and who is there, within a transaction.

Each agent's open conversations are counted in a row of their own. Whatever changes whose a conversation is
changes that row in the same transaction, so that two at once meet there, and one of them decides anew.
"""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from libs.contracts.presence import Presence
from libs.contracts.vocabulary import Role, Status
from services.conversation.adapters import documents
from services.conversation.adapters.documents import Document
from services.conversation.adapters.mongo_part import MongoPart, conflict
from services.conversation.domain.assigning import Worker
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.presence import PresenceLease

#: Statuses of conversations that are somebody's open work.
_OPEN = [Status.ACTIVE.value, Status.HANDED_OFF.value]
#: People who are online at once and are looked at.
MOST_WORKERS = 1_000


def lease_of(row: Document) -> PresenceLease:
    """A document's lease."""
    return PresenceLease(row["person_id"], row["lease_id"], Presence(row["state"]), row["until"])


class MongoAssigning(MongoPart):
    """A part of the port AssigningRecords."""

    async def count_work(self, conversation: Conversation, limit: int | None = None) -> None:
        """Bring the counts of who had and who has it up to date; the conversation itself is written before.
        Raises TransientError `conflict` when whoever has it would have more than `limit`.
        """
        before, after = conversation.stored_work.holder, conversation.work.holder
        if before == after:
            return
        if before is not None:
            await self._count(before, -1, None)
        if after is not None:
            await self._count(after, 1, limit)

    async def _count(self, person_id: str, change: int, limit: int | None) -> None:
        row = {"_id": documents.in_account(self._account_id, person_id)}
        room = {} if limit is None else {"open": {"$lt": limit}}
        counted = await self._records.loads.update_one(
            row | room, {"$inc": {"open": change}}, session=self._session
        )
        if counted.matched_count:
            return
        if limit is not None and await self._get(self._records.loads, **row) is not None:
            raise conflict()
        count = await self._open_conversations(person_id)
        if limit is not None and count > limit:
            raise conflict()
        try:
            await self._records.loads.insert_one(row | {"open": count}, session=self._session)
        except DuplicateKeyError as error:
            raise conflict() from error

    async def _open_conversations(self, person_id: str) -> int:
        wanted = {"account_id": self._account_id, "assignee_id": person_id, "status": {"$in": _OPEN}}
        return await self._records.conversations.count_documents(wanted, session=self._session)

    async def oldest_waiting(self, departments: Sequence[str | None]) -> Conversation | None:
        """Along the index of what waits, which holds nothing else."""
        wanted = {
            "account_id": self._account_id,
            "waiting_since": {"$exists": True},
            "department": {"$in": list(departments)},
        }
        found = self._records.conversations.find(wanted, session=self._session)
        rows = await found.sort([("waiting_since", ASCENDING), ("_id", ASCENDING)]).limit(1).to_list(1)
        return documents.conversation_of(rows[0]) if rows else None

    async def workers(self, now: datetime) -> Sequence[Worker]:
        """Three reads, and one more for whoever was never counted."""
        online = await self._records.presence.distinct(
            "person_id",
            {"account_id": self._account_id, "state": Presence.ONLINE.value, "until": {"$gt": now}},
            session=self._session,
        )
        ids = [documents.in_account(self._account_id, one) for one in sorted(online)[:MOST_WORKERS]]
        able = {
            "_id": {"$in": ids},
            "role": {"$in": [Role.AGENT.value, Role.ADMIN.value]},
            "active": {"$ne": False},
        }
        rows = await self._records.people.find(able, session=self._session).to_list(MOST_WORKERS)
        counted = await self._records.loads.find({"_id": {"$in": ids}}, session=self._session).to_list(
            MOST_WORKERS
        )
        loads = {row["_id"]: row["open"] for row in counted}
        workers = []
        for row in rows:
            load = loads.get(row["_id"])
            if load is None:
                load = await self._open_conversations(row["id"])
            workers.append(Worker(documents.person_of(row), load))
        return workers

    async def presence_leases(self, person_id: str) -> Sequence[PresenceLease]:
        """By person."""
        found = self._records.presence.find(
            {"account_id": self._account_id, "person_id": person_id}, session=self._session
        )
        return [lease_of(row) for row in await found.to_list(MOST_WORKERS)]

    async def put_presence_lease(self, lease: PresenceLease) -> None:
        """One row a person and gateway."""
        await self._put(
            self._records.presence,
            {
                "_id": self._lease_id(lease),
                "account_id": self._account_id,
                "person_id": lease.person_id,
                "lease_id": lease.lease_id,
                "state": lease.state.value,
                "until": lease.until,
            },
        )

    async def delete_presence_leases(self, leases: Sequence[PresenceLease]) -> None:
        """In one go."""
        ids = [self._lease_id(lease) for lease in leases]
        if ids:
            await self._records.presence.delete_many({"_id": {"$in": ids}}, session=self._session)

    async def expired_presence(self, now: datetime, limit: int) -> Sequence[PresenceLease]:
        """By the time they end."""
        found = self._records.presence.find(
            {"account_id": self._account_id, "until": {"$lte": now}}, session=self._session
        )
        return [lease_of(row) for row in await found.sort("until", ASCENDING).limit(limit).to_list(limit)]

    def _lease_id(self, lease: PresenceLease) -> str:
        return documents.in_account(self._account_id, f"{lease.person_id}/{lease.lease_id}")
