"""What people do in a platform's own console (Chatwoot's), beside ours."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from libs.contracts.base import Actor, Command, Id, Name, Text
from libs.contracts.conversation import Attachment, InboundContact
from libs.contracts.vocabulary import ActorKind, Channel, MessageKind

#: The one who tells what happened on a platform; with a name, somebody at work in its console. What they did
#: is not told back to the platform.
PLATFORM = Actor(kind=ActorKind.SYSTEM, id="platform")


class ThereStatus(StrEnum):
    """What somebody made of a conversation in the platform's console: it is the bot's again, or settled."""

    BOT = "bot"
    RESOLVED = "resolved"


class RecordConsoleReply(Command, type="record_console_reply.v1"):
    """Store what a person wrote to the contact in the platform's console. It is out already, and the bot is
    silent from then on. Starts the conversation when the thread is new; `contact` is the other side.

    `delivery_id` stops duplicates as it does for inbound messages. `writer_id` and `writer` are who wrote, as
    the platform knows them.
    """

    connection_id: Id
    chatbot_id: Id
    channel: Channel
    session_id: Id
    target: str = Field(max_length=512)
    delivery_id: Id
    external_id: Id
    writer_id: Id
    writer: Name = ""
    contact: InboundContact
    kind: MessageKind
    content: Text = ""
    attachments: tuple[Attachment, ...] = Field(default=(), max_length=64)
    reply_to: str | None = Field(default=None, max_length=256)
    #: Where the thread was found under another name: the conversation, to whose partition it then goes.
    conversation_id: Id | None = None


class FollowThreadStatus(Command, type="follow_thread_status.v1"):
    """Somebody changed a conversation's status in the platform's console, `at` that moment."""

    connection_id: Id
    session_id: Id
    status: ThereStatus
    by: Name = ""
    at: datetime | None = None
    conversation_id: Id | None = None
