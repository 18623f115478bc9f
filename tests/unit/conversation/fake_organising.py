"""What people keep beside conversations, in memory, with the same promises as in MongoDB."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from libs.contracts.drafts import ReplyDraft
from libs.contracts.labels import Label
from libs.contracts.notes import NoteView
from libs.contracts.scheduling import ScheduledReply, ScheduledState
from libs.contracts.templates import Template
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.timers import Timer, TimerKind


@dataclass
class OrganisingShelf:
    """What is stored; keys begin with the account."""

    notes: dict[tuple[str, str], NoteView] = field(default_factory=dict)
    timers: dict[tuple[str, TimerKind, str, str], Timer] = field(default_factory=dict)
    scheduled: dict[tuple[str, str], ScheduledReply] = field(default_factory=dict)
    templates: dict[tuple[str, str], Template] = field(default_factory=dict)
    drafts: dict[tuple[str, str, str], ReplyDraft] = field(default_factory=dict)
    labels: dict[tuple[str, str], Label] = field(default_factory=dict)


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

    async def put_timer(self, timer: Timer) -> None:
        self._shelf.timers[self._account_id, timer.kind, timer.conversation_id, timer.key] = timer

    async def drop_timer(self, kind: TimerKind, conversation_id: str, key: str = "") -> None:
        self._shelf.timers.pop((self._account_id, kind, conversation_id, key), None)

    async def put_scheduled(self, reply: ScheduledReply) -> None:
        self._shelf.scheduled[self._account_id, reply.id] = reply

    async def scheduled(self, conversation_id: str, scheduled_id: str) -> ScheduledReply | None:
        found = self._shelf.scheduled.get((self._account_id, scheduled_id))
        return found if found and found.conversation_id == conversation_id else None

    async def template(self, template_id: str) -> Template | None:
        return self._shelf.templates.get((self._account_id, template_id))

    def _templates(self) -> list[Template]:
        return [one for key, one in self._shelf.templates.items() if key[0] == self._account_id]

    async def template_of_shortcut(self, shortcut: str) -> Template | None:
        return next((one for one in self._templates() if one.shortcut == shortcut), None)

    async def count_templates(self) -> int:
        return len(self._templates())

    async def put_template(self, template: Template) -> None:
        self._shelf.templates[self._account_id, template.id] = template

    async def delete_template(self, template_id: str) -> None:
        self._shelf.templates.pop((self._account_id, template_id), None)

    async def put_draft(self, person_id: str, draft: ReplyDraft) -> None:
        self._shelf.drafts[self._account_id, person_id, draft.conversation_id] = draft

    async def delete_draft(self, person_id: str, conversation_id: str) -> None:
        self._shelf.drafts.pop((self._account_id, person_id, conversation_id), None)

    async def known_labels(self, names: Sequence[str]) -> set[str]:
        return {name for name in names if (self._account_id, name) in self._shelf.labels}

    async def label(self, name: str) -> Label | None:
        return self._shelf.labels.get((self._account_id, name))

    async def count_labels(self) -> int:
        return sum(owner == self._account_id for owner, _ in self._shelf.labels)

    async def add_label(self, label: Label) -> None:
        self._shelf.labels.setdefault((self._account_id, label.name), label)

    async def put_label(self, label: Label) -> None:
        self._shelf.labels[self._account_id, label.name] = label

    async def delete_label(self, name: str) -> None:
        self._shelf.labels.pop((self._account_id, name), None)

    async def labelled(self, name: str, after: str | None, limit: int) -> Sequence[str]:
        found = [
            one.id
            for (owner, _), one in self._records.conversations.items()
            if owner == self._account_id and name in one.labels and one.id > (after or "")
        ]
        return sorted(found)[:limit]

    async def waiting_replies(self, conversation_id: str, limit: int) -> Sequence[ScheduledReply]:
        found = [
            reply
            for (owner, _), reply in self._shelf.scheduled.items()
            if (owner, reply.conversation_id) == (self._account_id, conversation_id)
        ]
        return [one for one in found if one.state is ScheduledState.WAITING][:limit]

    async def move_notes(self, conversation_id: str, into: str) -> None:
        for key, note in self._shelf.notes.items():
            if (key[0], note.conversation_id) == (self._account_id, conversation_id):
                self._shelf.notes[key] = note.model_copy(update={"conversation_id": into})

    async def move_drafts(self, conversation_id: str, into: str) -> None:
        for owner, person_id, of in tuple(self._shelf.drafts):
            if (owner, of) == (self._account_id, conversation_id):
                draft = self._shelf.drafts.pop((owner, person_id, of))
                moved = draft.model_copy(update={"conversation_id": into})
                self._shelf.drafts.setdefault((owner, person_id, into), moved)

    async def keep_snooze(self, conversation: Conversation) -> None:
        """What `save` does for the timer that wakes it."""
        if conversation.snoozed_until is None:
            await self.drop_timer(TimerKind.WAKE, conversation.id)
        else:
            await self.put_timer(Timer(TimerKind.WAKE, conversation.id, conversation.snoozed_until))


class InMemoryOrganising:
    """Implements the ports Notes, ScheduledReplies and Templates."""

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

    async def scheduled_replies(
        self, account_id: str, conversation_id: str, limit: int, before: str | None
    ) -> Sequence[ScheduledReply]:
        found = [
            reply
            for (owner, _), reply in self._shelf.scheduled.items()
            if (owner, reply.conversation_id) == (account_id, conversation_id)
            and (before is None or reply.id < before)
        ]
        return sorted(found, key=lambda reply: reply.id, reverse=True)[:limit]

    async def template(self, account_id: str, template_id: str) -> Template | None:
        return self._shelf.templates.get((account_id, template_id))

    async def templates(
        self,
        account_id: str,
        *,
        departments: frozenset[str] | None,
        department: str | None,
        shortcut: str | None,
        after: str | None,
        limit: int,
    ) -> Sequence[Template]:
        found = [
            one
            for (owner, _), one in self._shelf.templates.items()
            if owner == account_id
            and (departments is None or one.department is None or one.department in departments)
            and department in {None, one.department}
            and (shortcut is None or (one.shortcut or "").startswith(shortcut))
            and one.id > (after or "")
        ]
        return sorted(found, key=lambda one: one.id)[:limit]

    async def labels(self, account_id: str, limit: int) -> Sequence[Label]:
        mine = [one for (owner, _), one in self._shelf.labels.items() if owner == account_id]
        return sorted(mine, key=lambda label: label.name)[:limit]

    async def draft(self, account_id: str, person_id: str, conversation_id: str) -> ReplyDraft | None:
        return self._shelf.drafts.get((account_id, person_id, conversation_id))
