"""One outbound message on its way to a platform: a row of the ledger.

A conversation's rows form a line. Its first row, the head, is the only one that may be sent; every row knows
the one that was put behind it.

    pending ──claimed──▶ sending ──▶ sent | failed | unknown     (released: the next row becomes the head)
       ▲                    │
       └──── postponed ─────┘
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from libs.contracts.channel_templates import ChannelTemplate
from libs.contracts.conversation import Attachment, MessageRecorded
from libs.contracts.envelope import Envelope
from libs.contracts.messages import MessageRetried
from libs.contracts.vocabulary import Channel, DeliveryState, Direction
from services.delivery.domain.mail_thread import MailThread

#: How long one request to a platform may take.
SEND_LIMIT = timedelta(seconds=10)
#: How long a claim holds without a renewal. Longer than a request, so that a live worker's row never lapses;
#: short, because a crash holds its line back for as long.
LEASE = timedelta(seconds=20)


class ReplyState(StrEnum):
    """How far a row got. The last three are final."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one row until a moment. `id` is new for each claim, so that a claim whose answer was
    lost can be repeated, and a worker that lost its row cannot record anything on it.
    """

    id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """A row. `line_no` is the sequence of the event that asked for it; `provider_ids` are those of the parts
    that the platform accepted so far; `next_attempt_at` is when it is looked at next, which for a row that is
    being sent is when its claim lapses. `can_reply_until` is when the platform takes no free text any more;
    `thread` is what a mail answers, `person_option` what a button below the message says and writes.
    """

    message_id: str
    account_id: str
    connection_id: str
    conversation_id: str
    channel: Channel
    line_no: int
    target: str = field(repr=False)
    content: str = field(repr=False)
    reply_to_external: str | None
    created_at: datetime
    next_attempt_at: datetime
    state: ReplyState = ReplyState.PENDING
    head: bool = True
    attempts: int = 0
    claim_id: str | None = None
    provider_ids: tuple[str, ...] = ()
    error: str | None = None
    contact_id: str = ""
    subject: str | None = field(default=None, repr=False)
    body_html: str | None = field(default=None, repr=False)
    attachments: tuple[Attachment, ...] = field(default=(), repr=False)
    can_reply_until: datetime | None = None
    template: ChannelTemplate | None = field(default=None, repr=False)
    thread: MailThread | None = field(default=None, repr=False)
    person_option: str | None = None
    #: Not a message: the status that the conversation has on its platform from then on.
    status_there: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None

    @property
    def lapses_at(self) -> datetime:
        """When the claim on this row ends."""
        return self.next_attempt_at


def is_ours(event: MessageRecorded | MessageRetried, served: frozenset[Channel]) -> bool:
    """Whether a message has to be sent out here. One that was written in the platform's console is out."""
    message = event.message
    waits = message.direction is Direction.OUTBOUND and message.delivery in {None, DeliveryState.QUEUED}
    return waits and event.conversation.channel in served


def reply_from(
    event: MessageRecorded | MessageRetried,
    envelope: Envelope,
    moment: datetime,
    thread: MailThread | None = None,
) -> Reply:
    """The row of a message that was recorded, or is to be sent once more."""
    conversation, message = event.conversation, event.message
    return Reply(
        message_id=message.id,
        account_id=conversation.account_id,
        connection_id=conversation.connection_id,
        conversation_id=conversation.id,
        channel=conversation.channel,
        line_no=envelope.sequence if envelope.sequence is not None else message.sequence,
        target=conversation.target,
        content=message.content,
        reply_to_external=event.reply_to_external if isinstance(event, MessageRecorded) else None,
        created_at=moment,
        next_attempt_at=moment,
        contact_id=conversation.contact.id,
        subject=message.subject,
        body_html=message.body_html,
        attachments=message.attachments,
        can_reply_until=conversation.can_reply_until,
        template=message.template,
        person_option=message.person_option,
        thread=thread,
        correlation_id=envelope.correlationid or envelope.id,
        causation_id=envelope.id,
        traceparent=envelope.traceparent,
    )
