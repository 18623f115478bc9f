"""How a conversation looks to somebody."""

from libs.contracts.base import Actor
from libs.contracts.conversation import ConversationView
from libs.contracts.vocabulary import TicketStatus
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.policy import available_actions
from services.conversation.domain.tickets import ticket_status


def view_of(conversation: Conversation, actor: Actor) -> ConversationView:
    """The conversation, with what this actor may do now."""
    view = without_actions(conversation)
    return view.model_copy(update={"available_actions": available_actions(conversation, actor)})


def without_actions(conversation: Conversation) -> ConversationView:
    """What everybody sees alike who may see it."""
    return ConversationView(
        **dict(conversation.ref()),
        subject=conversation.subject,
        ticket_status=_ticket_status(conversation),
        handoff_reason=conversation.handoff_reason,
        version=conversation.version,
        sequence=conversation.sequence,
        labels=conversation.labels,
        priority=conversation.priority,
        note_count=conversation.note_count,
        snoozed_until=conversation.snoozed_until,
        scheduled_count=conversation.scheduled_count,
        merged_into=conversation.merged_into,
        merged=conversation.merged,
        unread=conversation.unread,
        message_count=conversation.message_count,
        has_pending_suggestion=conversation.suggestion is not None,
        last_message=conversation.last_message,
        status_buttons=conversation.status_buttons,
        can_reply=conversation.can_reply,
        available_actions=(),
        created_at=conversation.created_at,
        updated_at=conversation.updated_at,
        handed_off_at=conversation.handed_off_at,
        resolved_at=conversation.resolved_at,
        closed_at=conversation.closed_at,
        archived_at=conversation.archived_at,
    )


def _ticket_status(conversation: Conversation) -> TicketStatus | None:
    if conversation.requester_id is None:
        return None
    return ticket_status(
        conversation.status,
        department=conversation.department,
        assignee_id=conversation.assignee_id,
        before_archive=conversation.status_before_archive,
    )
