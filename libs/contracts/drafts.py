"""What an agent has begun to write in a conversation: one draft an agent and conversation, theirs alone."""

from datetime import datetime

from libs.contracts.base import Command, Contract, Id, Query, Text
from libs.contracts.conversation import Person


class ReplyDraft(Contract):
    """A draft. It is told to nobody, and changes nothing about the conversation."""

    conversation_id: Id
    content: Text
    updated_at: datetime


class SaveDraft(Command, type="save_draft.v1"):
    """Keep it in place of the actor's last one. Answered with the draft."""

    conversation_id: Id
    content: Text


class DeleteDraft(Command, type="delete_draft.v1"):
    """Forget the actor's draft; there being none is answered as done."""

    conversation_id: Id


class DraftDeleted(Contract):
    """The answer to DeleteDraft."""

    conversation_id: Id


class GetDraft(Query, type="get_draft.v1"):
    """The person's own draft; `not_found` when there is none."""

    person: Person
    conversation_id: Id
