"""Single messages: written by people wherever they may, sent once more, and looked at."""

from libs.contracts.base import Command, Id, Query, Text
from libs.contracts.conversation import ConversationEvent, MessageView, Person


class WriteToContact(Command, type="write_to_contact.v1"):
    """A reply of an agent's own, also while the conversation is active: where the AI answers by itself the
    agent takes over first. Refused with `not_handed_off` where it is settled. Answered with the message.
    """

    conversation_id: Id
    content: Text


class RetryMessage(Command, type="retry_message.v1"):
    """Send a message once more that failed, or of which nobody knows whether it arrived; refused with
    `invalid_transition` for any other. Answered with the message.
    """

    conversation_id: Id
    message_id: Id


class MessageRetried(ConversationEvent, type="conversation.message_retried.v1"):
    """A person wants a message sent once more: `message`, queued again. It goes last in its line."""

    message: MessageView


class GetMessage(Query, type="get_message.v1"):
    """One message that the caller may see; `not_found` otherwise."""

    person: Person
    conversation_id: Id
    message_id: Id
