"""What a post of a platform says, in neutral words: every channel's reader gives these, and nothing else."""

from dataclasses import dataclass, field
from datetime import datetime

from libs.contracts.conversation import Attachment
from libs.contracts.platform_console import ThereStatus
from libs.contracts.vocabulary import MessageKind, ReceiptKind


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote: their stable id on the channel, what they are called, and by which other ids the channel
    knows them. `phone` is E.164 with its plus, `email` lower-cased.
    """

    alias: str
    name: str
    aliases: tuple[str, ...] = ()
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """What somebody did on a channel.

    `session_id` names the thread on its connection, `target` is the address to send to. `delivery_id` stops
    duplicates per connection; `external_id` and `reply_to` are the platform's message ids, and `other_ids`
    further ones of the same message. `references` are ids of earlier messages by which the thread may be
    known, the surest first, `conversation_id` the conversation that the sender was told to name, and did.
    `number` is which of our numbers it came to, where a post may carry several.
    `payload` is what a button stands for. `automatic`: a machine wrote it, and nothing may answer it.
    """

    session_id: str
    target: str
    delivery_id: str
    external_id: str
    author: Author
    kind: MessageKind
    content: str = ""
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    expects_answer: bool = False
    other_ids: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    conversation_id: str | None = None
    subject: str | None = None
    number: str | None = None
    payload: str | None = None
    forwarded: bool = False
    automatic: bool = False
    sent_at: datetime | None = None
    #: Files that came inside the post, in base64, by the reference of their attachment.
    contents: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message of ours.

    `external_id` is the id that the platform gave it, `reference` what we gave the platform along with it.
    `error` is a code, `detail` the platform's words. `lasting` is False for what may still change by itself.
    """

    external_id: str
    kind: ReceiptKind
    delivery_id: str
    at: datetime | None = None
    recipient: str | None = None
    reference: str | None = None
    error: str | None = None
    detail: str | None = None
    lasting: bool = True
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A thread, or the person in it, has another address from now on."""

    session_id: str
    to_session_id: str
    to_target: str
    delivery_id: str
    alias: str | None = None
    to_alias: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A person took the conversation in the platform's own console: the bot is silent there."""

    session_id: str
    target: str
    delivery_id: str
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SettledThere:
    """Somebody gave the conversation back to the bot, or resolved it, in the platform's own console."""

    session_id: str
    delivery_id: str
    status: ThereStatus
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsoleReply:
    """What a person wrote to the contact in the platform's own console. `writer` is that person, the rest as
    of an Inbound.
    """

    session_id: str
    target: str
    delivery_id: str
    external_id: str
    writer: Author
    contact: Author
    kind: MessageKind
    content: str = ""
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class TypingThere:
    """Somebody is writing, or stopped: the contact, or a person in the platform's own console."""

    session_id: str
    typing: bool
    by_contact: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that one post says. `unread` says why parts of it, or all, could not be interpreted: the
    post is then kept for people to look at.
    """

    messages: tuple[Inbound, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    moved: tuple[Moved, ...] = ()
    taken_over: tuple[TakenOver, ...] = ()
    settled: tuple[SettledThere, ...] = ()
    console_replies: tuple[ConsoleReply, ...] = ()
    typing: tuple[TypingThere, ...] = ()
    unread: tuple[str, ...] = ()
