"""Messages within a transaction."""

from collections.abc import Sequence

from pymongo import DESCENDING
from pymongo.errors import DuplicateKeyError

from libs.contracts.ai import Turn
from libs.contracts.conversation import InboundRecorded, MessageView
from libs.contracts.suggestions import SuggestionView
from libs.contracts.vocabulary import SIDE_KINDS, DeliveryState, Direction
from services.conversation.adapters import documents
from services.conversation.adapters.mongo_part import MongoPart, conflict
from services.conversation.domain.counting import facts_of_delivery
from services.conversation.domain.delivery_states import earlier_than
from services.conversation.domain.message import StoredMessage
from services.conversation.use_cases.ports import Advance, AlreadyRecordedError

_SIDE_KINDS = sorted(SIDE_KINDS)


class MongoMessages(MongoPart):
    """The messages of the port Transaction."""

    async def add_message(self, message: StoredMessage) -> None:
        """A second delivery is stopped by the unique index, which voids the transaction."""
        document = documents.message_document(message, self._account_id)
        try:
            await self._records.messages.insert_one(document, session=self._session)
        except DuplicateKeyError as error:
            if "delivery_id" in (error.details or {}).get("keyPattern", {}):
                raise AlreadyRecordedError from error
            raise conflict() from error

    async def recorded(self, connection_id: str, delivery_id: str) -> InboundRecorded | None:
        """By the platform's id of the delivery."""
        row = await self._records.messages.find_one(
            {"account_id": self._account_id, "connection_id": connection_id, "delivery_id": delivery_id},
            projection=["conversation_id"],
            session=self._session,
        )
        if row is None:
            return None
        return InboundRecorded(conversation_id=row["conversation_id"], message_id=row["_id"])

    async def message_by_external_id(self, conversation_id: str, external_id: str) -> str | None:
        """By the platform's id of the message."""
        row = await self._records.messages.find_one(
            {
                "account_id": self._account_id,
                "conversation_id": conversation_id,
                "external_ids": external_id,
            },
            projection=["_id"],
            session=self._session,
        )
        return str(row["_id"]) if row else None

    async def suggestion_sent_as(self, message_id: str) -> SuggestionView | None:
        """By the message that it became."""
        row = await self._get(self._records.suggestions, sent_as=message_id, account_id=self._account_id)
        return documents.suggestion_of(row) if row else None

    async def turns(
        self, conversation_id: str, after: int, limit: int, *, merged: Sequence[str] = ()
    ) -> tuple[Turn, ...]:
        """Newest first from the index of each, then turned around."""
        rows = await self._said(conversation_id, after, limit)
        for other in merged:
            rows += await self._said(other, 0, limit)
        if merged:
            rows = sorted(rows, key=lambda row: row["created_at"], reverse=True)[:limit]
        return tuple(
            Turn(message_id=row["_id"], role=row["sender"]["kind"], text=row["content"])
            for row in reversed(rows)
        )

    async def _said(self, conversation_id: str, after: int, limit: int) -> list[documents.Document]:
        rows: list[documents.Document] = await (
            self._records.messages.find(
                {
                    "account_id": self._account_id,
                    "conversation_id": conversation_id,
                    "sequence": {"$gt": after},
                    "kind": {"$nin": _SIDE_KINDS},
                },
                projection=["content", "sender.kind", "created_at"],
                session=self._session,
            )
            .sort("sequence", DESCENDING)
            .limit(limit)
            .to_list(limit)
        )
        return rows

    async def advance_delivery(
        self,
        conversation_id: str,
        message_id: str,
        state: DeliveryState,
        *,
        error: str | None = None,
        external_ids: Sequence[str] = (),
    ) -> Advance:
        """The states it may come from are in the filter: one write, no read."""
        wanted = {
            "_id": message_id,
            "account_id": self._account_id,
            "conversation_id": conversation_id,
            "direction": Direction.OUTBOUND,
        }
        ids = {"$addToSet": {"external_ids": {"$each": list(external_ids)}}}
        before: documents.Document | None = await self._records.messages.find_one_and_update(
            {**wanted, "delivery": {"$in": earlier_than(state)}},
            {"$set": {"delivery": state, "delivery_error": error}, **ids},
            projection=["delivery"],
            session=self._session,
        )
        if before is not None:
            self._facts += facts_of_delivery(DeliveryState(before["delivery"]), state, self._now)
            return Advance.ADVANCED
        kept = await self._records.messages.update_one(wanted, ids, session=self._session)
        return Advance.KEPT if kept.matched_count else Advance.UNKNOWN_MESSAGE

    async def requeue(self, message: MessageView) -> None:
        """One write."""
        await self._records.messages.update_one(
            {"_id": message.id, "account_id": self._account_id, "conversation_id": message.conversation_id},
            {"$set": {"delivery": DeliveryState.QUEUED, "delivery_error": None, "receipts": []}},
            session=self._session,
        )
