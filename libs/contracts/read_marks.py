"""How far people have read: the team, for which messages are unread; the visitor, whose mark is a receipt."""

from libs.contracts.base import Command, Id
from libs.contracts.conversation import AcknowledgeMessage, ConversationEvent


class MarkRead(Command, type="mark_read.v1"):
    """The team has read the conversation up to a message, or all of it. Never goes back."""

    conversation_id: Id
    message_id: Id | None = None


class ReadMessages(Command, type="read_messages.v1"):
    """The visitor has read a message, and with it what was sent before. On the widget alone."""

    conversation_id: Id
    message_id: Id


#: What a widget says of a message.
Receipt = AcknowledgeMessage | ReadMessages


class ConversationRead(ConversationEvent, type="conversation.read.v1"):
    """The team has read on: so many messages of the contact are unread still."""

    unread: int
