"""Private notes on a conversation: for those of the account who may see it, and for nobody else.

A note's text is in no event and in no frame, so that whoever listens to those can never pass it on; it is
read with ListNotes alone.
"""

from datetime import datetime

from pydantic import Field

from libs.contracts.base import Command, Contract, Id, Query
from libs.contracts.conversation import ConversationEvent, Person, Sender

#: Characters of a note.
LONGEST_NOTE = 10_000


class NoteView(Contract):
    """A note, with who wrote it and when."""

    id: Id
    conversation_id: Id
    author: Sender
    text: str = Field(max_length=LONGEST_NOTE)
    created_at: datetime


class AddNote(Command, type="add_note.v1"):
    """Note something. Refused with `invalid` when it is blank, or when there are too many. Answered with the
    note.
    """

    conversation_id: Id
    text: str = Field(max_length=LONGEST_NOTE)


class DeleteNote(Command, type="delete_note.v1"):
    """Take a note away: its author or an admin may. Answered with the note as it was."""

    conversation_id: Id
    note_id: Id


class ListNotes(Query, type="list_notes.v1"):
    """At most `limit` notes of a conversation, the newest first, older than the note `before`."""

    person: Person
    conversation_id: Id
    limit: int = Field(default=50, ge=1, le=100)
    before: Id | None = None


class NotePage(Contract):
    """The answer to ListNotes, and the `before` of the next page."""

    items: tuple[NoteView, ...]
    next_before: Id | None = None


class NoteAdded(ConversationEvent, type="conversation.note_added.v1"):
    """There is another note; the actor is its author."""

    note_id: Id


class NoteDeleted(ConversationEvent, type="conversation.note_deleted.v1"):
    """A note is gone."""

    note_id: Id
