"""What people keep beside conversations, in memory, with the same promises as in MongoDB."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from libs.contracts.notes import NoteView


@dataclass
class OrganisingShelf:
    """What is stored; keys begin with the account."""

    notes: dict[tuple[str, str], NoteView] = field(default_factory=dict)


class InMemoryOrganisingRecords:
    """These parts of the port Transaction."""

    _records: Any
    _account_id: str

    @property
    def _shelf(self) -> OrganisingShelf:
        shelf: OrganisingShelf = self._records.organising
        return shelf

    async def add_note(self, note: NoteView) -> None:
        self._shelf.notes[self._account_id, note.id] = note

    async def note(self, conversation_id: str, note_id: str) -> NoteView | None:
        found = self._shelf.notes.get((self._account_id, note_id))
        return found if found and found.conversation_id == conversation_id else None

    async def delete_note(self, note: NoteView) -> None:
        del self._shelf.notes[self._account_id, note.id]


class InMemoryOrganising:
    """Implements the port Notes."""

    def __init__(self, store: Any) -> None:
        self._store = store

    @property
    def _shelf(self) -> OrganisingShelf:
        shelf: OrganisingShelf = self._store.records.organising
        return shelf

    async def notes(
        self, account_id: str, conversation_id: str, limit: int, before: str | None
    ) -> Sequence[NoteView]:
        found = [
            note
            for (owner, _), note in self._shelf.notes.items()
            if (owner, note.conversation_id) == (account_id, conversation_id)
            and (before is None or note.id < before)
        ]
        return sorted(found, key=lambda note: note.id, reverse=True)[:limit]
