"""Messages and conversations by what the platform calls them, within a transaction."""

from collections.abc import Sequence
from typing import Any

from libs.contracts.conversation import MessageView
from libs.contracts.vocabulary import DeliveryState, Direction, ReceiptKind
from services.conversation.adapters import documents
from services.conversation.adapters.mongo_part import MongoPart
from services.conversation.domain.receipts import facts_of_receipt


class MongoReceipts(MongoPart):
    """The platform's ids of the port Transaction."""

    async def sent_message(
        self, connection_id: str, external_id: str, message_id: str | None
    ) -> MessageView | None:
        """By our id first: the platform gave it back."""
        wanted: dict[str, Any] = {"connection_id": connection_id, "direction": Direction.OUTBOUND}
        if message_id is not None:
            row = await self._get(
                self._records.messages, _id=message_id, account_id=self._account_id, **wanted
            )
            if row is not None:
                return documents.message_view_of(row)
        row = await self._get(
            self._records.messages,
            account_id=self._account_id,
            external_ids=external_id,
            traced=True,
            **wanted,
        )
        return documents.message_view_of(row) if row else None

    async def is_sending(self, connection_id: str) -> bool:
        """Those that are queued have an index of their own."""
        row = await self._get(
            self._records.messages,
            account_id=self._account_id,
            connection_id=connection_id,
            delivery=DeliveryState.QUEUED,
        )
        return row is not None

    async def outbound_message(self, conversation_id: str, message_id: str) -> MessageView | None:
        """By both ids."""
        row = await self._get(
            self._records.messages,
            _id=message_id,
            account_id=self._account_id,
            conversation_id=conversation_id,
            direction=Direction.OUTBOUND,
        )
        return documents.message_view_of(row) if row else None

    async def keep_receipt(
        self, before: MessageView, after: MessageView, kind: ReceiptKind, external_id: str
    ) -> None:
        """One write."""
        self._facts += facts_of_receipt(before, after, kind, self._now)
        await self._records.messages.update_one(
            {"_id": after.id, "account_id": self._account_id, "conversation_id": after.conversation_id},
            {
                "$set": {
                    "delivery": after.delivery,
                    "delivery_error": after.delivery_error,
                    "receipts": [receipt.model_dump() for receipt in after.receipts],
                },
                "$addToSet": {"external_ids": external_id},
            },
            session=self._session,
        )

    async def home_of(self, connection_id: str, references: Sequence[str]) -> str | None:
        """Names of threads first, then ids of messages; of each the first reference that leads anywhere."""
        wanted = list(references)
        found: dict[str, str] = {}
        for field in ("session_id", "further_sessions"):
            rows = self._records.conversations.find(
                {"account_id": self._account_id, field: {"$in": wanted}, "connection_id": connection_id},
                projection=[field],
                session=self._session,
            ).limit(len(wanted))
            async for row in rows:
                names = row[field] if isinstance(row[field], list) else [row[field]]
                found |= dict.fromkeys(names, str(row["_id"]))
        rows = self._records.messages.find(
            {
                "account_id": self._account_id,
                "connection_id": connection_id,
                "external_ids": {"$in": wanted},
                "traced": True,
            },
            projection=["external_ids", "conversation_id"],
            session=self._session,
        ).limit(len(wanted))
        async for row in rows:
            for one in row["external_ids"]:
                found.setdefault(one, str(row["conversation_id"]))
        for reference in wanted:
            home = found.get(reference)
            if home is not None and await self._is_home(home, connection_id):
                return home
        return None

    async def known_alias(self, connection_id: str, aliases: Sequence[str]) -> str | None:
        """One look for all of them."""
        rows = await self._records.contacts.find(
            {
                "account_id": self._account_id,
                "connection_id": connection_id,
                "alias": {"$in": list(aliases)},
            },
            projection=["alias"],
            session=self._session,
        ).to_list(len(aliases))
        known = {row["alias"] for row in rows}
        return next((alias for alias in aliases if alias in known), None)

    async def _is_home(self, conversation_id: str, connection_id: str) -> bool:
        row = await self._get(
            self._records.conversations,
            _id=conversation_id,
            account_id=self._account_id,
            connection_id=connection_id,
        )
        return row is not None
