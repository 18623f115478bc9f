"""A message before and after the conversation has taken it in."""

from dataclasses import dataclass
from datetime import datetime

from libs.contracts.channel_templates import ChannelTemplate
from libs.contracts.conversation import Attachment, Citation, MessageView, Sender
from libs.contracts.vocabulary import MessageKind


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What somebody wants to say; `at` is when it is recorded.

    `external_id` is the platform's id of an inbound message, `delivery_id` that of the post which brought it.
    `reply_to` is the id of the message it answers, `reply_to_external` the platform's id of the same.
    """

    id: str
    sender: Sender
    at: datetime
    content: str
    kind: MessageKind = MessageKind.TEXT
    attachments: tuple[Attachment, ...] = ()
    citations: tuple[Citation, ...] = ()
    confidence: float | None = None
    unsupported: bool = False
    #: A person sends what the AI wrote.
    is_ai: bool = False
    client_message_id: str | None = None
    reply_to: str | None = None
    reply_to_external: str | None = None
    subject: str | None = None
    body_html: str | None = None
    template: ChannelTemplate | None = None
    #: What the button says that asks for a person.
    person_option: str | None = None
    external_id: str | None = None
    #: Further ids that the platform has for it.
    other_ids: tuple[str, ...] = ()
    delivery_id: str | None = None
    payload: str | None = None
    forwarded: bool = False
    #: When the platform says that it was written.
    sent_at: datetime | None = None
    #: It reached the contact by another way: nobody sends it out.
    already_out: bool = False


@dataclass(frozen=True)
class StoredMessage:
    """A message as it is kept: what everybody sees, and what the bookkeeping needs. `traced`: it can be found
    by the platform's ids alone.
    """

    view: MessageView
    connection_id: str
    external_ids: tuple[str, ...] = ()
    delivery_id: str | None = None
    unsupported: bool = False
    traced: bool = False
