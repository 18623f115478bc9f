"""How a ticket looks: its conversation, in the helpdesk's words."""

from libs.contracts.conversation import ConversationView
from libs.contracts.tickets import TicketView
from services.conversation.domain.policy import not_found


def ticket_of(view: ConversationView) -> TicketView:
    """The ticket of a conversation. Raises DomainError `not_found` for one that is no ticket."""
    if view.requester_id is None or view.ticket_status is None:
        raise not_found()
    return TicketView(
        id=view.id,
        department=view.department,
        subject=view.subject,
        status=view.ticket_status,
        conversation_status=view.status,
        assignee=view.assignee_id,
        requester_id=view.requester_id,
        requester=view.contact,
        chatbot_id=view.chatbot_id,
        chatbot_name=view.chatbot_name,
        session_id=view.session_id,
        message_count=view.message_count,
        last_message=view.last_message,
        can_reply=view.can_reply,
        available_actions=view.available_actions,
        version=view.version,
        sequence=view.sequence,
        created_at=view.created_at,
        updated_at=view.updated_at,
        handed_off_at=view.handed_off_at,
        resolved_at=view.resolved_at,
        closed_at=view.closed_at,
    )
