"""Who works on a conversation, and what people do with its status.

All of these are commands to the conversation's partition; the answer is its ConversationView.
"""

from pydantic import Field

from libs.contracts.base import Command, Id
from libs.contracts.conversation import ConversationEvent

Reason = str | None


class MoveConversation(Command):
    """What the status commands share. `reason` is for the timeline."""

    conversation_id: Id
    reason: Reason = Field(default=None, max_length=1024)


class ReturnConversationToAI(MoveConversation, type="return_conversation_to_ai.v1"):
    """People are done; the AI may answer again."""


class ResolveConversation(MoveConversation, type="resolve_conversation.v1"):
    """The matter is settled. A ticket is resolved by its requester alone."""


class CloseConversation(MoveConversation, type="close_conversation.v1"):
    """It is over. A ticket is closed by its assigned agent, once it is resolved."""


class ReopenConversation(MoveConversation, type="reopen_conversation.v1"):
    """It goes on."""


class ArchiveConversation(MoveConversation, type="archive_conversation.v1"):
    """Out of sight."""


class UnarchiveConversation(MoveConversation, type="unarchive_conversation.v1"):
    """Back to the status it had."""


class AssignConversation(Command, type="assign_conversation.v1"):
    """Make it one agent's, or, without one, nobody's. `invalid_assignee` for somebody who cannot see it by
    their departments: that is what a transfer is for.
    """

    conversation_id: Id
    agent_id: Id | None


class TransferConversation(Command, type="transfer_conversation.v1"):
    """Move it to a department, and there to an agent or, without one, to nobody yet."""

    conversation_id: Id
    department: Id
    agent_id: Id | None = None
    reason: Reason = Field(default=None, max_length=1024)


class ConversationAssigned(ConversationEvent, type="conversation.assigned.v1"):
    """It has another assignee, or none; the conversation names the present one."""

    former_assignee_id: Id | None = None


class ConversationTransferred(ConversationEvent, type="conversation.transferred.v1"):
    """It is another department's; the conversation names the present one."""

    former_department: Id | None = None
    former_assignee_id: Id | None = None
    reason: Reason = Field(default=None, max_length=1024)
