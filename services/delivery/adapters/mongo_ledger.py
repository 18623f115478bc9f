"""The ledger in MongoDB: a document a message, a line a conversation.

    open: true      until it is released; exactly one open document of a line has `next_id` null, the last one
    head: true      the first open one, the only one that is looked at
    next_id         the one behind it

A new row needs no transaction when its line is empty: that nothing open is before it stays true, because one
line's rows are added one after the other (by the partition, and by the unique index where that fails). A row
behind others is linked from the last one in a transaction; releasing a row writes that same document, so the
two cannot miss each other, and no line is left without a head.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from libs.contracts import topology
from libs.contracts.envelope import Envelope
from libs.contracts.errors import ErrorCode, TransientError
from libs.runtime import outbox
from libs.runtime.mongo import Session, Store
from libs.runtime.outbox import Outbox
from libs.runtime.publisher import OutboxEntry
from services.delivery.adapters.mongo_rows import document_of, reply_of
from services.delivery.domain.reply import Claim, Reply, ReplyState
from services.delivery.domain.verdict import Postponed, Released
from services.delivery.use_cases.ports import Added, Place, Release

COLLECTION = "ledger"
#: Seconds a released row is kept: longer than any event can be replayed, as its id stops the duplicate.
KEPT = 30 * 24 * 3600
INDEXES = {
    COLLECTION: [
        IndexModel(
            [("conversation_id", ASCENDING), ("next_id", ASCENDING)],
            name="one_last_row_a_line",
            unique=True,
            partialFilterExpression={"open": True},
        ),
        IndexModel(
            [("next_attempt_at", ASCENDING), ("connection_id", ASCENDING)],
            name="due_heads",
            partialFilterExpression={"head": True},
        ),
        IndexModel("released_at", name="kept_thirty_days", expireAfterSeconds=KEPT),
    ]
}

#: What a released row loses: its place, and what people wrote.
_GONE = dict.fromkeys(
    (
        "open",
        "head",
        "next_attempt_at",
        "content",
        "target",
        "reply_to_external",
        "subject",
        "body_html",
        "attachments",
        "template",
        "thread",
    ),
    "",
)


class MongoLedger:
    """The port Ledger."""

    def __init__(self, store: Store, outbox: Outbox) -> None:
        self._store = store
        self._outbox = outbox
        self._rows = store.database[COLLECTION]

    async def add(self, reply: Reply, claim: Claim | None) -> Added:
        """Put a row at the end of its line."""
        with self._store.guarded():
            ahead = await self._rows.find_one(
                {"conversation_id": reply.conversation_id, "open": True}, projection=["_id"]
            )
            try:
                if ahead is None:
                    return await self._add_head(reply, claim, None)
            except DuplicateKeyError:
                pass  # known already, or another consumer was faster on this line: the long way tells
        return await self._add_behind(reply, claim)

    async def _add_head(self, reply: Reply, claim: Claim | None, session: Session | None) -> Added:
        document = document_of(reply) | {"open": True, "head": True, "next_id": None}
        if claim is not None:
            document |= _claimed(claim) | {"attempts": reply.attempts + 1}
        await self._rows.insert_one(document, session=session)
        return Added(Place.HEAD if claim is None else Place.CLAIMED, reply_of(document))

    async def _add_behind(self, reply: Reply, claim: Claim | None) -> Added:
        async def work(session: Session) -> Added:
            return await self._append(reply, claim, session)

        try:
            return await self._store.transaction(work)
        except DuplicateKeyError:
            return await self._known(reply, claim)

    async def _append(self, reply: Reply, claim: Claim | None, session: Session) -> Added:
        last = await self._change(
            {"conversation_id": reply.conversation_id, "open": True, "next_id": None},
            {"$set": {"next_id": reply.message_id}},
            session,
        )
        if last is None:
            return await self._add_head(reply, claim, session)
        document = document_of(reply) | {"open": True, "head": False, "next_id": None}
        await self._rows.insert_one(document, session=session)
        return Added(Place.BEHIND, reply_of(document))

    async def add_again(self, reply: Reply) -> Added:
        """The released row goes and a new one comes, in one transaction."""

        async def work(session: Session) -> Added:
            before = await self._rows.find_one({"_id": reply.message_id}, session=session)
            if before and (before.get("open") or before["line_no"] >= reply.line_no):
                return Added(Place.KNOWN, reply)
            sent = tuple(before["provider_ids"]) if before else ()
            await self._rows.delete_one({"_id": reply.message_id}, session=session)
            return await self._append(replace(reply, provider_ids=sent), None, session)

        try:
            return await self._store.transaction(work)
        except DuplicateKeyError as error:
            raise TransientError(ErrorCode.UNAVAILABLE, "another was faster on this line") from error

    async def _known(self, reply: Reply, claim: Claim | None) -> Added:
        with self._store.guarded():
            found = await self._rows.find_one({"_id": reply.message_id})
        if found and claim and found["state"] == ReplyState.SENDING and found["claim_id"] == claim.id:
            return Added(Place.CLAIMED, reply_of(found))
        return Added(Place.KNOWN, reply)

    async def erase(self, conversation_id: str) -> None:
        """What was released has no text any more; what was not is not sent any more."""
        of_it: dict[str, Any] = {"conversation_id": conversation_id}
        with self._store.guarded():
            await self._rows.delete_many(of_it | {"open": True})
            await self._rows.update_many(of_it, {"$set": {"provider_ids": []}})
            await self._store.database[outbox.COLLECTION].delete_many({"about": conversation_id})

    async def due(self, moment: datetime, *, but_not: Collection[str], limit: int) -> list[Reply]:
        """Heads whose time has come."""
        wanted: dict[str, Any] = {"head": True, "next_attempt_at": {"$lte": moment}}
        if but_not:
            wanted["connection_id"] = {"$nin": list(but_not)}
        with self._store.guarded():
            rows = self._rows.find(wanted).sort("next_attempt_at", ASCENDING).limit(limit)
            return [reply_of(row) for row in await rows.to_list(limit)]

    async def claim(self, message_id: str, claim: Claim, moment: datetime) -> Reply | None:
        """Take a pending head that is due, or one that this claim has taken already."""
        free = {"head": True, "state": ReplyState.PENDING, "next_attempt_at": {"$lte": moment}}
        with self._store.guarded():
            found = await self._change(
                {"_id": message_id, **free}, {"$set": _claimed(claim), "$inc": {"attempts": 1}}
            )
            if found is None:
                found = await self._rows.find_one(
                    {"_id": message_id, "state": ReplyState.SENDING, "claim_id": claim.id}
                )
        return reply_of(found) if found else None

    async def progress(self, reply: Reply, provider_ids: tuple[str, ...], claim: Claim) -> bool:
        """Keep the parts that went and renew the claim."""
        return await self._update(reply, {"provider_ids": list(provider_ids), "next_attempt_at": claim.until})

    async def postpone(self, reply: Reply, verdict: Postponed) -> bool:
        """Back to pending."""
        return await self._update(
            reply,
            {
                "state": ReplyState.PENDING,
                "next_attempt_at": verdict.at,
                "attempts": verdict.attempts,
                "error": verdict.error,
                "provider_ids": list(reply.provider_ids),
                "claim_id": None,
                "postponed_by": reply.claim_id,
            },
            repeated={"postponed_by": reply.claim_id},
        )

    async def _update(
        self, reply: Reply, values: dict[str, Any], repeated: dict[str, Any] | None = None
    ) -> bool:
        mine = {"state": ReplyState.SENDING, "claim_id": reply.claim_id}
        wanted = {"$or": [mine, repeated]} if repeated else mine
        with self._store.guarded():
            result = await self._rows.update_one({"_id": reply.message_id, **wanted}, {"$set": values})
        return bool(result.matched_count)

    async def release(
        self, reply: Reply, verdict: Released, event: Envelope, *, moment: datetime, following: Claim | None
    ) -> Release:
        """End the row, record the event, make the next row the head."""
        partition = topology.partition(topology.conversation_crc(reply.conversation_id))
        entry = OutboxEntry(event, topology.DELIVERY_EVENTS, f"{partition}.{event.type}")

        async def work(session: Session) -> Release:
            ended = await self._change(
                {
                    "_id": reply.message_id,
                    "state": ReplyState.SENDING,
                    "claim_id": reply.claim_id,
                    "next_attempt_at": reply.lapses_at,
                },
                {"$set": _ended(verdict, event, moment), "$unset": _GONE},
                session,
            )
            if ended is None:
                return Release(recorded=False)
            behind = ended["next_id"]
            promoted = await self._promote(behind, moment, following, session) if behind else None
            if reply.status_there is None:
                await self._outbox.add(session, [entry])
            return Release(recorded=True, following=promoted)

        release = await self._store.transaction(work)
        if not release.recorded:
            return await self._released_before(reply, event, following)
        self._outbox.wake()
        return release

    async def _promote(
        self, message_id: str, moment: datetime, claim: Claim | None, session: Session
    ) -> Reply | None:
        values: dict[str, Any] = {"head": True, "next_attempt_at": moment}
        update: dict[str, Any] = {"$set": values}
        if claim is not None:
            update = {"$set": values | _claimed(claim), "$inc": {"attempts": 1}}
        found = await self._change({"_id": message_id, "open": True}, update, session)
        return reply_of(found) if found else None

    async def _released_before(self, reply: Reply, event: Envelope, following: Claim | None) -> Release:
        """Whether it is ended because an earlier try of this very release worked after all."""
        with self._store.guarded():
            row = await self._rows.find_one({"_id": reply.message_id})
            if row is None or row.get("event_id") != event.id:
                return Release(recorded=False)
            behind = await self._rows.find_one({"_id": row["next_id"]}) if row["next_id"] else None
        if behind is None or following is None or behind["claim_id"] != following.id:
            return Release(recorded=True)
        still_ours = behind["state"] == ReplyState.SENDING
        return Release(recorded=True, following=reply_of(behind) if still_ours else None)

    async def _change(
        self, wanted: dict[str, Any], update: dict[str, Any], session: Session | None = None
    ) -> dict[str, Any] | None:
        """Update one document and return it as it is then."""
        return await self._rows.find_one_and_update(
            wanted, update, return_document=ReturnDocument.AFTER, session=session
        )


def _claimed(claim: Claim) -> dict[str, Any]:
    return {"state": ReplyState.SENDING, "claim_id": claim.id, "next_attempt_at": claim.until}


def _ended(verdict: Released, event: Envelope, moment: datetime) -> dict[str, Any]:
    return {
        "event_id": event.id,
        "state": verdict.state,
        "provider_ids": list(verdict.provider_ids),
        "error": verdict.error,
        "released_at": moment,
    }
