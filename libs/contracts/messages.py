"""Single messages: written by people wherever they may, sent once more, and looked at."""

from pydantic import Field

from libs.contracts.base import Command, Id, Query, Subject, Text
from libs.contracts.channel_templates import ChannelTemplate
from libs.contracts.conversation import Attachment, ConversationEvent, MessageView, Person
from libs.contracts.files import MOST_ATTACHMENTS


class WriteToContact(Command, type="write_to_contact.v1"):
    """A reply of an agent's own, also while the conversation is active: where the AI answers by itself the
    agent takes over first. Refused with `not_handed_off` where it is settled. Answered with the message.

    `subject` and `body_html` are for email; the HTML is harmless already. The files are the conversation's.
    """

    conversation_id: Id
    content: Text
    subject: Subject | None = None
    body_html: Text | None = None
    attachments: tuple[Attachment, ...] = Field(default=(), max_length=MOST_ATTACHMENTS)
    #: Goes out in place of the content, on a platform that wants one.
    template: ChannelTemplate | None = None


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
