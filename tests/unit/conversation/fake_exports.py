"""What is kept of a contact's conversations in memory, with the same promises as in MongoDB."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from libs.contracts.exporting import ExportKind
from services.conversation.domain.conversation import Conversation
from services.conversation.use_cases.export_ports import Exported


class InMemoryExports:
    """Implements the port Exports."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def next_conversation(
        self, account_id: str, contact_id: str, after: str | None
    ) -> Conversation | None:
        found = [
            one
            for (owner, _), one in self._store.records.conversations.items()
            if (owner, one.contact.id) == (account_id, contact_id) and one.id > (after or "")
        ]
        return deepcopy(min(found, key=lambda one: one.id, default=None))

    async def exported(
        self, account_id: str, conversation_id: str, kind: ExportKind, after: str | None, limit: int
    ) -> Sequence[Exported]:
        records = self._store.records
        found: list[tuple[str, Any]]
        if kind is ExportKind.MESSAGE:
            views = [one.view for key, one in records.messages.items() if key[0] == account_id]
            found = [(f"{view.sequence:09d}", view) for view in views]
        elif kind is ExportKind.TRANSITION:
            timeline = records.transitions.get((account_id, conversation_id), [])
            found = [(f"{number:09d}", one) for number, one in enumerate(timeline)]
        else:
            shelf = {
                ExportKind.SUGGESTION: records.suggestions,
                ExportKind.NOTE: records.organising.notes,
                ExportKind.SCHEDULED_REPLY: records.organising.scheduled,
            }[kind]
            found = [(one.id, one) for key, one in shelf.items() if key[0] == account_id]
        mine = [
            Exported(place, one.model_dump(mode="json"))
            for place, one in found
            if getattr(one, "conversation_id", conversation_id) == conversation_id and place > (after or "")
        ]
        return sorted(mine, key=lambda one: one.place)[:limit]
