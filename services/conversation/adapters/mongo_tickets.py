"""Tickets: the filter of their lists, and what their commands read and write."""

from collections.abc import Sequence
from typing import Any

from libs.contracts.conversation import Attachment, MessageView
from libs.contracts.vocabulary import Feedback, MessageKind, TicketStatus
from services.conversation.adapters import documents
from services.conversation.adapters.mongo_part import MongoPart
from services.conversation.domain.tickets import CELLS

#: Somebody is responsible, or nobody is.
_OWNED: dict[bool | None, dict[str, Any]] = {
    None: {},
    True: {"$or": [{"department": {"$ne": None}}, {"assignee_id": {"$exists": True}}]},
    False: {"department": None, "assignee_id": {"$exists": False}},
}


def ticket_clauses(wanted: TicketStatus | None) -> dict[str, Any]:
    """The filter of tickets with a status, or of all that are not archived. The statuses stand outside, where
    an index is walked by them; what else makes the ticket's status is looked at row by row.
    """
    cells = [cell for status, row in CELLS.items() if wanted in {None, status} for cell in row]
    clauses: dict[str, Any] = {
        "requester_id": {"$exists": True},
        "status": {"$in": sorted({status.value for status, _ in cells})},
    }
    if wanted is not None and any(owned is not None for _, owned in cells):
        clauses["$and"] = [
            {"$or": [{"status": status.value} | _OWNED[owned] for status, owned in cells]},
        ]
    return clauses


class MongoTickets(MongoPart):
    """Implements the port TicketRecords."""

    async def chatbots_for(self, department: str) -> Sequence[str]:
        """Two look-ups at most; an account has few chatbots."""
        for owner in (department, None):
            found = self._records.chatbots.find(
                {"account_id": self._account_id, "department": owner},
                projection=["id"],
                session=self._session,
            ).limit(2)
            rows = await found.to_list(2)
            if rows:
                return [row["id"] for row in rows]
        return []

    async def message(self, conversation_id: str, message_id: str) -> MessageView | None:
        """By id."""
        row = await self._get(
            self._records.messages,
            _id=message_id,
            account_id=self._account_id,
            conversation_id=conversation_id,
        )
        return documents.message_view_of(row) if row else None

    async def set_attachments(
        self, conversation_id: str, message_id: str, attachments: Sequence[Attachment]
    ) -> None:
        """One write."""
        await self._records.messages.update_one(
            {"_id": message_id, "account_id": self._account_id, "conversation_id": conversation_id},
            {"$set": {"attachments": [one.model_dump() for one in attachments]}},
            session=self._session,
        )

    async def set_changed(self, message: MessageView) -> None:
        """One write, and one more for what was taken back."""
        of_it = {"account_id": self._account_id, "conversation_id": message.conversation_id}
        await self._records.messages.update_one(
            of_it | {"_id": message.id}, documents.changed_of(message), session=self._session
        )
        if message.deleted_at is not None:
            await self._records.messages.update_many(
                of_it | {"reply_to": message.id, "kind": MessageKind.EDIT},
                {"$set": {"content": "", "attachments": []}, "$unset": {"words": ""}},
                session=self._session,
            )

    async def set_feedback(self, conversation_id: str, message_id: str, feedback: Feedback) -> None:
        """One write."""
        await self._records.messages.update_one(
            {"_id": message_id, "account_id": self._account_id, "conversation_id": conversation_id},
            {"$set": {"feedback": feedback}},
            session=self._session,
        )
