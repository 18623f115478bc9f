"""The private notes of a conversation, for those who work on it."""

from dataclasses import dataclass

from libs.contracts.notes import ListNotes, NotePage
from services.conversation.domain.policy import Action, actor_of, not_found, require
from services.conversation.use_cases.loading import check_id
from services.conversation.use_cases.note_ports import Notes
from services.conversation.use_cases.ports import Call, Conversations


@dataclass(frozen=True)
class ListNotesForPerson:
    """Takes ListNotes."""

    conversations: Conversations
    notes: Notes

    async def __call__(self, query: ListNotes, call: Call) -> NotePage:
        """A page of them. Raises DomainError `not_found`, and `forbidden` for its requester."""
        check_id(query.conversation_id)
        conversation = await self.conversations.find(call.account_id, query.conversation_id)
        if conversation is None:
            raise not_found()
        require(conversation, actor_of(query.person, call.account_id), Action.ORGANISE)
        # One more than the page shows whether there is a next one.
        found = await self.notes.notes(call.account_id, conversation.id, query.limit + 1, query.before)
        shown = tuple(found[: query.limit])
        return NotePage(items=shown, next_before=shown[-1].id if len(found) > len(shown) else None)
