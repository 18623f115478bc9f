"""Files that wait to be fetched from their platform, message by message."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from libs.contracts.conversation import Attachment, MessageRecorded
from libs.contracts.vocabulary import Channel, DeliveryState, Direction

#: Pauses before the next attempts. Platforms keep their files for an hour (Telegram's link, renewed with each
#: attempt) to a week (WhatsApp).
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3_600, 3_600))
#: How long a claim holds: longer than all files of one message may take.
LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class MediaJob:
    """One message's files. `claim_id` is new for each claim, so that a worker that lost its job records
    nothing on it.
    """

    message_id: str
    account_id: str
    conversation_id: str
    connection_id: str
    channel: Channel
    attachments: tuple[Attachment, ...] = field(repr=False)
    next_attempt_at: datetime
    attempts: int = 0
    claim_id: str | None = None

    @property
    def next_pause(self) -> timedelta | None:
        """How long to wait after this attempt; None when it was the last."""
        return PAUSES[self.attempts - 1] if self.attempts <= len(PAUSES) else None


def job_of(event: MessageRecorded, fetched: Collection[Channel], moment: datetime) -> MediaJob | None:
    """What is to be fetched for a message; None for one without files at a platform."""
    conversation, message = event.conversation, event.message
    # What was written in the platform's own console has its files there, too.
    there = message.direction is Direction.INBOUND or message.delivery is DeliveryState.SENT
    if not there or conversation.channel not in fetched:
        return None
    wanted = tuple(one for one in message.attachments if one.file_id is None and one.reference)
    if not wanted:
        return None
    return MediaJob(
        message_id=message.id,
        account_id=conversation.account_id,
        conversation_id=conversation.id,
        connection_id=conversation.connection_id,
        channel=conversation.channel,
        attachments=wanted,
        next_attempt_at=moment,
    )
