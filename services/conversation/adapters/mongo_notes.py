"""Private notes in MongoDB. Their ids sort by time."""

from collections.abc import Sequence
from typing import Any

from pymongo import DESCENDING

from libs.contracts.notes import NoteView
from libs.runtime.mongo import Store
from services.conversation.adapters.documents import Document
from services.conversation.adapters.mongo_part import MongoPart, Records

#: Milliseconds a read may take in the store.
READ_LIMIT = 2_500


class MongoNotes(MongoPart):
    """The notes of the port Transaction."""

    async def add_note(self, note: NoteView) -> None:
        """A new document."""
        fields = note.model_dump()
        document = {"_id": fields.pop("id"), "account_id": self._account_id, **fields}
        await self._records.notes.insert_one(document, session=self._session)

    async def note(self, conversation_id: str, note_id: str) -> NoteView | None:
        """By id."""
        row = await self._get(
            self._records.notes, _id=note_id, account_id=self._account_id, conversation_id=conversation_id
        )
        return _note_of(row) if row else None

    async def delete_note(self, note: NoteView) -> None:
        """By id."""
        await self._records.notes.delete_one(
            {"_id": note.id, "account_id": self._account_id}, session=self._session
        )


class MongoNoteReads:
    """Implements the port Notes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = Records(store).notes

    async def notes(
        self, account_id: str, conversation_id: str, limit: int, before: str | None
    ) -> Sequence[NoteView]:
        """Along the index of conversations."""
        wanted: dict[str, Any] = {"conversation_id": conversation_id, "account_id": account_id}
        if before is not None:
            wanted["_id"] = {"$lt": before}
        with self._store.guarded():
            found = self._rows.find(wanted).sort("_id", DESCENDING).limit(limit)
            return [_note_of(row) for row in await found.max_time_ms(READ_LIMIT).to_list(limit)]


def _note_of(row: Document) -> NoteView:
    return NoteView.model_validate(row | {"id": row["_id"]})
