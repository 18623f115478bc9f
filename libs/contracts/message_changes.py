"""What becomes of a message after it was written: its writer changes it or takes it back, readers react."""

from enum import StrEnum

from libs.contracts.conversation import ConversationEvent, MessageView


class MessageChange(StrEnum):
    """What was done to it."""

    EDITED = "edited"
    DELETED = "deleted"
    REACTIONS = "reactions"


class MessageChanged(ConversationEvent, type="conversation.message_changed.v1"):
    """A message as it is now."""

    message: MessageView
    change: MessageChange
