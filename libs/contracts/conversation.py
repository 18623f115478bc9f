"""What the conversation service takes and gives.

Commands about a conversation go to its partition on `conversation.cmd`; every event carries the
conversation's gapless `sequence` in its envelope and goes to `conversation.ev`.
"""

from datetime import datetime
from typing import Any

from pydantic import Field

from libs.contracts.base import Command, Contract, Event, Id, Name, Query, Subject, Text
from libs.contracts.channel_templates import ChannelTemplate
from libs.contracts.vocabulary import (
    Channel,
    DeliveryState,
    Direction,
    Feedback,
    HandoffReason,
    MessageKind,
    Priority,
    ReceiptKind,
    SenderKind,
    Status,
    TicketStatus,
)

#: Labels of one conversation.
MOST_LABELS = 20
#: Conversations that become part of one, those of theirs included.
MOST_MERGED = 16
#: Characters of what a button stands for.
MOST_PAYLOAD = 4_096

# --- values ---------------------------------------------------------------------------------------------


class Attachment(Contract):
    """A file by reference. `reference` is the platform's own handle, `file_id` names it in the blob store
    once it is there; `size` is in bytes.
    """

    kind: MessageKind
    reference: str = Field(max_length=2048)
    filename: str | None = Field(default=None, max_length=512)
    content_type: str | None = Field(default=None, max_length=256)
    size: int | None = None
    file_id: Id | None = None


class Citation(Contract):
    """Where a statement of the AI comes from; `quote` stands word for word in the chunk."""

    document_id: Id
    chunk_id: Id
    title: str = Field(max_length=1024)
    quote: str = Field(max_length=8192)


class Sender(Contract):
    """Who wrote a message. `first_name` is what visitors see of an agent."""

    kind: SenderKind
    id: Id
    name: Name = ""


class MessageReceipt(Contract):
    """What the platform told of a message of ours, and when it first did."""

    kind: ReceiptKind
    at: datetime


class Reaction(Contract):
    """How somebody reacted to a message: an emoji, or several, or the platform's name of one."""

    sender_id: Id
    emoji: str = Field(max_length=1024)


class MessageView(Contract):
    """One message, as every reader gets it. `sequence` is that of the event which recorded it. `subject` and
    `body_html` are an email's; the HTML has been made harmless, and says the same as `content`.
    A `template` goes out in place of the content, which is what people here read of it. `payload` is what a
    pressed button or a form stands for, `sent_at` when the platform says it was written. One that its writer
    took back has no content any more. `person_option` is what a button below the AI's message says and writes
    for the contact: that they want a person.
    """

    id: Id
    conversation_id: Id
    sequence: int
    direction: Direction
    sender: Sender
    kind: MessageKind
    content: Text
    attachments: tuple[Attachment, ...] = Field(default=(), max_length=64)
    citations: tuple[Citation, ...] = Field(default=(), max_length=32)
    is_ai: bool = False
    confidence: float | None = None
    feedback: Feedback = Feedback.NONE
    delivery: DeliveryState | None = None
    delivery_error: str | None = None
    receipts: tuple[MessageReceipt, ...] = Field(default=(), max_length=16)
    reply_to: str | None = None
    client_message_id: str | None = None
    subject: Subject | None = None
    body_html: Text | None = None
    template: ChannelTemplate | None = None
    payload: str | None = Field(default=None, max_length=MOST_PAYLOAD)
    forwarded: bool = False
    sent_at: datetime | None = None
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    reactions: tuple[Reaction, ...] = Field(default=(), max_length=64)
    person_option: str | None = Field(default=None, max_length=20)
    created_at: datetime


class ContactView(Contract):
    """The person on the other side."""

    id: Id
    name: Name = ""


class ConversationRef(Contract):
    """What an event needs to say about its conversation, so that no consumer has to ask back.

    `target` is the address to send to on the channel. Telegram: a chat id, or `<chat id>/<topic id>`;
    WhatsApp: digits, a business-scoped user id (`DE.70011223344`) or a group's id; email: an address;
    Chatwoot: `<account>/<conversation>`, or the address of somebody whose conversation is yet to be found.
    Where a platform takes free text for a time only (WhatsApp), `can_reply_until` is its end.
    """

    id: Id
    account_id: Id
    chatbot_id: Id
    chatbot_name: Name
    connection_id: Id
    channel: Channel
    session_id: Id
    target: str = Field(max_length=512)
    contact: ContactView
    status: Status
    department: Id | None = None
    assignee_id: Id | None = None
    requester_id: Id | None = None
    handoff_epoch: int = 0
    can_reply_until: datetime | None = None


class ConversationView(ConversationRef):
    """A conversation as lists and threads show it; what may be offered now is told, not guessed.

    `last_message` is a preview: its text may be cut, and its citations are in the thread alone.
    """

    subject: str | None = None
    ticket_status: TicketStatus | None = None
    handoff_reason: str | None = None
    version: int
    sequence: int
    labels: tuple[str, ...] = Field(default=(), max_length=MOST_LABELS)
    priority: Priority = Priority.NONE
    note_count: int = 0
    #: Put aside until then.
    snoozed_until: datetime | None = None
    #: Replies that wait for their time.
    scheduled_count: int = 0
    #: It is part of that one: its messages are read there, and it takes no commands any more.
    merged_into: Id | None = None
    #: Those that are part of it.
    merged: tuple[Id, ...] = Field(default=(), max_length=MOST_MERGED)
    unread: int = 0
    message_count: int = 0
    has_pending_suggestion: bool = False
    last_message: MessageView | None = None
    status_buttons: tuple[str, ...] = ()
    can_reply: bool = False
    available_actions: tuple[str, ...] = ()
    created_at: datetime
    updated_at: datetime
    handed_off_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    archived_at: datetime | None = None


class Transition(Contract):
    """One change of status, for the timeline."""

    at: datetime
    actor_kind: str
    actor_id: str
    actor_name: str = ""
    source: Status
    target: Status
    reason: str | None = None


class Person(Contract):
    """An agent, an admin or a requester, as the directory knows them."""

    id: Id
    account_id: Id
    email: str = Field(max_length=320)
    name: Name
    role: str
    departments: tuple[Id, ...] = ()
    #: Somebody who is not is known, but cannot log in and is given no work.
    active: bool = True


# --- commands -------------------------------------------------------------------------------------------


class InboundContact(Contract):
    """The sender of an inbound message; `alias` is their stable id on the channel. `phone` (E.164 with its
    plus) and `email` (lower-cased) are what the channel tells of them.
    """

    alias: Id
    name: Name = ""
    #: Further ids of the same person on the channel.
    aliases: tuple[Id, ...] = Field(default=(), max_length=8)
    phone: str | None = Field(default=None, max_length=64)
    email: str | None = Field(default=None, max_length=320)


class RecordInboundMessage(Command, type="record_inbound_message.v1"):
    """Store what somebody wrote on a channel. Starts the conversation when the thread is new.

    `delivery_id` is the platform's own id of this delivery (Telegram: the update id) and stops duplicates
    per connection. `expects_answer` is false for what no bot may answer (another bot's command, a group
    message that is not addressed to it), `automatic` true for what a machine wrote: it reopens nothing.

    `references` lead to the conversation where its thread is not known by this name: other names of the
    thread, or the platform's ids of earlier messages, the surest first. `conversation_id` is the conversation
    that was found, or that a token of ours names; then the command goes to its partition.
    """

    connection_id: Id
    chatbot_id: Id
    channel: Channel
    session_id: Id
    target: str = Field(max_length=512)
    delivery_id: Id
    external_id: Id
    contact: InboundContact
    kind: MessageKind
    content: Text = ""
    attachments: tuple[Attachment, ...] = Field(default=(), max_length=64)
    reply_to: str | None = Field(default=None, max_length=256)
    client_message_id: str | None = Field(default=None, max_length=256)
    expects_answer: bool = True
    received_at: datetime
    conversation_id: Id | None = None
    references: tuple[Id, ...] = Field(default=(), max_length=64)
    other_ids: tuple[Id, ...] = Field(default=(), max_length=8)
    subject: str | None = Field(default=None, max_length=998)
    automatic: bool = False
    payload: str | None = Field(default=None, max_length=MOST_PAYLOAD)
    forwarded: bool = False
    sent_at: datetime | None = None


class PostReply(Command, type="post_reply.v1"):
    """An agent's reply. Refused with `not_handed_off` unless the conversation is handed off."""

    conversation_id: Id
    chatbot_id: Id | None = None
    content: Text
    client_message_id: str | None = Field(default=None, max_length=256)


class PostBotReply(Command, type="post_bot_reply.v1"):
    """The AI's answer to one inbound message. Refused with `stale_answer` when people took over since, or
    when a newer message waits for an answer.
    """

    conversation_id: Id
    handoff_epoch: int
    answers_message_id: Id
    content: Text
    citations: tuple[Citation, ...] = Field(default=(), max_length=32)
    confidence: float | None = None
    #: Set when the knowledge did not cover the question.
    unsupported: bool = False
    #: As MessageView has it; short enough for every channel's buttons.
    person_option: str | None = Field(default=None, max_length=20)


class SkipAnswer(Command, type="skip_answer.v1"):
    """The AI has nothing to say to a message that asks for nothing: nobody waits for an answer to it."""

    conversation_id: Id
    handoff_epoch: int
    answers_message_id: Id


class HandOffConversation(Command, type="hand_off_conversation.v1"):
    """Give the conversation to people. From the AI it carries the epoch and the message it is about, and is
    refused as stale like an answer; `notice` is what the contact is told.
    """

    conversation_id: Id
    reason: HandoffReason
    notice: Text | None = None
    handoff_epoch: int | None = None
    answers_message_id: Id | None = None
    #: What a person gives as the reason, in place of `reason`.
    comment: str | None = Field(default=None, max_length=1024)
    #: Whose it is from then on, if that changes.
    department: Id | None = None


class ChangeStatus(Command, type="change_status.v1"):
    """What the console's status control asks for: `closed` or `active`; anything else is refused with
    `invalid_status`.
    """

    conversation_id: Id
    chatbot_id: Id | None = None
    status: str = Field(max_length=64)


class AcknowledgeMessage(Command, type="acknowledge_message.v1"):
    """The visitor's widget has shown a message: it is delivered."""

    conversation_id: Id
    message_id: Id


class ExpireAnswer(Command, type="expire_answer.v1"):
    """The AI's time for a message is over: hand off with `ai_unavailable` if it is still unanswered."""

    conversation_id: Id
    message_id: Id
    handoff_epoch: int


class InboundRecorded(Contract):
    """The answer to RecordInboundMessage, the same for every repeat."""

    conversation_id: Id
    message_id: Id


class StatusChanged(Contract):
    """The answer to ChangeStatus; `message` is for people."""

    message: str
    conversation: ConversationView


class RegisterAccount(Command, type="register_account.v1"):
    """Create an account or bring it up to date."""

    account_id: Id
    name: Name
    departments: tuple[Id, ...] = Field(default=(), max_length=256)


class RegisterPerson(Command, type="register_person.v1"):
    """Create an agent, admin or requester, or bring them up to date."""

    person: Person


class RegisterChatbot(Command, type="register_chatbot.v1"):
    """Create a chatbot or bring it up to date."""

    chatbot_id: Id
    name: Name
    mode: str = "answer"
    instructions: Text = ""
    department: Id | None = None
    handoff_keywords: tuple[str, ...] = Field(default=(), max_length=256)
    #: Whether each message of the contact gets a suggestion while people answer.
    auto_suggest: bool = False


# --- queries --------------------------------------------------------------------------------------------


class FindConversation(Query, type="find_conversation.v1"):
    """The conversation of a thread, for somebody who wants to listen to it.

    Exactly one way to ask: a `person` with `session_id` or `conversation_id` (seen by what they may see), or
    a visitor's `connection_id` with `session_id`.
    """

    person: Person | None = None
    connection_id: Id | None = None
    session_id: Id | None = None
    conversation_id: Id | None = None


class FoundConversation(Contract):
    """The answer to FindConversation; None when there is none yet (or none the caller may know of)."""

    conversation: ConversationRef | None = None
    sequence: int = 0


class GetPerson(Query, type="get_person.v1"):
    """A person by id; `not_found` otherwise."""

    person_id: Id


class EventsAfter(Query, type="events_after.v1"):
    """Published events of one conversation after a sequence, the oldest first."""

    conversation_id: Id
    after: int = Field(ge=0)
    limit: int = Field(default=200, ge=1, le=500)


class EventPage(Contract):
    """The answer to EventsAfter: whole envelopes, and whether there are more behind them."""

    events: tuple[dict[str, Any], ...]
    more: bool = False


# --- events ---------------------------------------------------------------------------------------------


class ConversationEvent(Event):
    """An event of one conversation."""

    conversation: ConversationRef


class ConversationStarted(ConversationEvent, type="conversation.started.v1"):
    """A thread is new."""


class MessageRecorded(ConversationEvent, type="conversation.message_recorded.v1"):
    """A message is stored. `reply_to_external` is the platform's id of the message it answers, `external_id`
    that of an inbound message itself, and `other_ids` are further ones it has (a mail's Message-ID).
    """

    message: MessageView
    reply_to_external: str | None = None
    external_id: str | None = None
    other_ids: tuple[str, ...] = Field(default=(), max_length=8)


class ConversationHandedOff(ConversationEvent, type="conversation.handed_off.v1"):
    """People are to answer from now on."""

    reason: str


class HandoffEnded(ConversationEvent, type="conversation.handoff_ended.v1"):
    """People are done; the AI may answer again."""


class ConversationReturnedToAI(ConversationEvent, type="conversation.returned_to_ai.v1"):
    """An agent gave the conversation back."""


class ConversationResolved(ConversationEvent, type="conversation.resolved.v1"):
    """The matter is settled."""


class ConversationClosed(ConversationEvent, type="conversation.closed.v1"):
    """The conversation is over."""


class ConversationReopened(ConversationEvent, type="conversation.reopened.v1"):
    """It goes on."""


class ConversationArchived(ConversationEvent, type="conversation.archived.v1"):
    """Out of sight."""

    reason: str | None = None


class ConversationUnarchived(ConversationEvent, type="conversation.unarchived.v1"):
    """Back in sight."""


class DeliveryRecorded(ConversationEvent, type="conversation.delivery_recorded.v1"):
    """How far an outbound message got; never goes backwards."""

    message_id: Id
    state: DeliveryState
    error: str | None = None
    #: The platform's receipt that this comes from, if one is.
    receipt: ReceiptKind | None = None
