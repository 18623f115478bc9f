"""How far the team has read."""

from datetime import datetime

from libs.contracts.base import Actor
from libs.contracts.read_marks import ConversationRead
from services.conversation.domain.conversation import Conversation


def mark_read(conversation: Conversation, unread: int, actor: Actor, at: datetime) -> bool:
    """So many messages are unread still. False when it was read further already, which changes nothing."""
    if unread >= conversation.unread:
        return False
    conversation.unread = unread
    conversation.tell(ConversationRead, actor, at, aside=True, unread=unread)
    return True
