"""What is kept of a contact's conversations in MongoDB, for its export."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pymongo import ASCENDING

from libs.contracts.conversation import MessageView, Transition
from libs.contracts.exporting import ExportKind
from libs.contracts.notes import NoteView
from libs.contracts.scheduling import ScheduledReply
from libs.contracts.suggestions import SuggestionView
from libs.runtime.mongo import Store
from services.conversation.adapters import documents
from services.conversation.adapters.mongo_part import Records
from services.conversation.domain.conversation import Conversation
from services.conversation.use_cases.export_ports import Exported

#: Milliseconds a read may take in the store.
READ_LIMIT = 2_500


@dataclass(frozen=True)
class _Source:
    collection: str
    model: type[BaseModel]
    #: The field that orders them, and how a place of it is read back.
    order: str = "_id"
    read: Callable[[str], Any] = str


_SOURCES = {
    ExportKind.MESSAGE: _Source("messages", MessageView, "sequence", int),
    ExportKind.TRANSITION: _Source("transitions", Transition),
    ExportKind.SUGGESTION: _Source("suggestions", SuggestionView),
    ExportKind.NOTE: _Source("notes", NoteView),
    ExportKind.SCHEDULED_REPLY: _Source("scheduled", ScheduledReply),
}


class MongoExports:
    """Implements the port Exports."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records = Records(store)

    async def next_conversation(
        self, account_id: str, contact_id: str, after: str | None
    ) -> Conversation | None:
        """By the index of contacts."""
        wanted: dict[str, Any] = {"account_id": account_id, "contact.id": contact_id}
        if after is not None:
            wanted["_id"] = {"$gt": after}
        with self._store.guarded():
            row = await self._records.conversations.find_one(
                wanted, sort=[("_id", ASCENDING)], max_time_ms=READ_LIMIT
            )
        return documents.conversation_of(row) if row else None

    async def exported(
        self, account_id: str, conversation_id: str, kind: ExportKind, after: str | None, limit: int
    ) -> Sequence[Exported]:
        """By the index of conversations that each collection has. A place that cannot be read has nothing
        behind it.
        """
        source = _SOURCES[kind]
        wanted: dict[str, Any] = {"conversation_id": conversation_id, "account_id": account_id}
        if after is not None:
            try:
                wanted[source.order] = {"$gt": source.read(after)}
            except ValueError:
                return []
        rows = self._records.database[source.collection]
        with self._store.guarded():
            found = rows.find(wanted).sort(source.order, ASCENDING).limit(limit).max_time_ms(READ_LIMIT)
            return [
                Exported(
                    str(row[source.order]),
                    source.model.model_validate(row | {"id": row["_id"]}).model_dump(mode="json"),
                )
                for row in await found.to_list(limit)
            ]
