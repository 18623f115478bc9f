"""Private notes of a conversation. The notes themselves are kept beside it; it counts them."""

from datetime import datetime

from libs.contracts.base import Actor
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.notes import NoteAdded, NoteDeleted
from services.conversation.domain.conversation_state import ConversationState

#: Notes of one conversation.
MOST_NOTES = 500


class NotedConversation(ConversationState):
    """A conversation that people note things on: no activity, and nothing that makes an answer stale."""

    def note_added(self, note_id: str, actor: Actor, at: datetime) -> None:
        """Tell of a new note. Raises DomainError `invalid` when there are too many."""
        if self.note_count >= MOST_NOTES:
            raise DomainError(ErrorCode.INVALID, f"at most {MOST_NOTES} notes", conversation_id=self.id)
        self.note_count += 1
        self.tell(NoteAdded, actor, at, note_id=note_id)

    def note_deleted(self, note_id: str, actor: Actor, at: datetime) -> None:
        """Tell that one is gone."""
        self.note_count -= 1
        self.tell(NoteDeleted, actor, at, note_id=note_id)
