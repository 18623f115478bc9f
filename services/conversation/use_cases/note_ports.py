"""What use cases about private notes need from outside."""

from collections.abc import Sequence
from typing import Protocol

from libs.contracts.notes import NoteView


class NoteRecords(Protocol):
    """A part of the port Transaction."""

    async def add_note(self, note: NoteView) -> None:
        """Keep a new note."""

    async def note(self, conversation_id: str, note_id: str) -> NoteView | None:
        """A note of a conversation."""

    async def delete_note(self, note: NoteView) -> None:
        """Forget it."""


class Notes(Protocol):
    """What can be read of notes."""

    async def notes(
        self, account_id: str, conversation_id: str, limit: int, before: str | None
    ) -> Sequence[NoteView]:
        """Notes of a conversation of the account with an id below `before`, the newest first."""
