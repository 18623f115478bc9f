"""What is left of a conversation when its contact is erased: a closed shell, for the counts."""

from datetime import datetime

from libs.contracts.base import Actor
from libs.contracts.conversation import ContactView
from libs.contracts.erasure import ERASED, ConversationErased
from libs.contracts.vocabulary import HandoffReason, Status
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.status_machine import StatusCommand


def shell_session(conversation_id: str) -> str:
    """The name of a thread that no channel knows: what the contact writes next starts anew."""
    return f"{ERASED}:{conversation_id}"


def erase(conversation: Conversation, actor: Actor, at: datetime, erasure_id: str) -> None:
    """Take everything personal out, close it, and say so: everything it tells from here on is without."""
    shell = shell_session(conversation.id)
    conversation.contact = ContactView(id=conversation.contact.id)
    conversation.contact_alias = conversation.session_id = conversation.target = shell
    conversation.subject = conversation.last_message = conversation.requester_id = None
    # A draft that is still on its way back is refused, as nobody asks for one any more.
    conversation.suggestion = conversation.drafting = None
    conversation.labels = conversation.further_sessions = conversation.further_aliases = ()
    conversation.unread = conversation.note_count = conversation.scheduled_count = 0
    if conversation.handoff_reason not in set(HandoffReason):
        conversation.handoff_reason = None
    if conversation.status not in {Status.CLOSED, Status.ARCHIVED}:
        conversation.change_status(StatusCommand.CLOSE, actor, at)
    conversation.tell(ConversationErased, actor, at, erasure_id=erasure_id)
