"""What becomes of a conversation on a platform that has a status of its own for it (Chatwoot)."""

from datetime import datetime

from libs.contracts.conversation import (
    ConversationClosed,
    ConversationEvent,
    ConversationHandedOff,
    ConversationReopened,
    ConversationResolved,
    ConversationReturnedToAI,
)
from libs.contracts.envelope import Envelope
from libs.contracts.platform_console import PLATFORM
from libs.contracts.vocabulary import ActorKind, Channel, Status
from services.delivery.domain.reply import Reply

#: Channels whose platform is told.
TOLD = frozenset({Channel.CHATWOOT})
#: What may change a status there.
CHANGES: tuple[type[ConversationEvent], ...] = (
    ConversationHandedOff,
    ConversationReturnedToAI,
    ConversationResolved,
    ConversationClosed,
    ConversationReopened,
)
#: `open` is people's there, `pending` the bot's.
_STATUS = {
    Status.HANDED_OFF: "open",
    Status.ACTIVE: "pending",
    Status.RESOLVED: "resolved",
    Status.CLOSED: "resolved",
}


def status_row(event: ConversationEvent, envelope: Envelope, moment: datetime) -> Reply | None:
    """The row that tells the platform, in the conversation's line behind what was written before; None where
    there is nothing to tell, or where the platform itself told us.
    """
    conversation = event.conversation
    status = _STATUS.get(conversation.status)
    if conversation.channel not in TOLD or status is None or event.actor.id == PLATFORM.id:
        return None
    if event.actor.kind is ActorKind.CONTACT and conversation.status is Status.ACTIVE:
        return None  # their message opened it there, too: whose it is then is set up there
    return Reply(
        message_id=envelope.id,
        account_id=conversation.account_id,
        connection_id=conversation.connection_id,
        conversation_id=conversation.id,
        channel=conversation.channel,
        line_no=envelope.sequence or 0,
        target=conversation.target,
        content="",
        reply_to_external=None,
        created_at=moment,
        next_attempt_at=moment,
        contact_id=conversation.contact.id,
        status_there=status,
        correlation_id=envelope.correlationid or envelope.id,
        causation_id=envelope.id,
        traceparent=envelope.traceparent,
    )
