"""Replies that agents write now and that are sent later, once: their words are in no event before."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from libs.contracts.base import Command, Contract, Id, Query, Text
from libs.contracts.conversation import ConversationEvent, Person, Sender
from libs.contracts.vocabulary import ActorKind


class ScheduledState(StrEnum):
    """What became of a scheduled reply."""

    WAITING = "waiting"
    SENT = "sent"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ScheduledReply(Contract):
    """A reply with its time. `message_id` is the message it became; `error` the code why it did not."""

    id: Id
    conversation_id: Id
    author: Sender
    #: An API key is nobody of the directory; what it may is looked at when it schedules.
    author_kind: ActorKind = ActorKind.AGENT
    content: Text
    send_at: datetime
    state: ScheduledState = ScheduledState.WAITING
    message_id: Id | None = None
    error: str | None = None
    created_at: datetime
    settled_at: datetime | None = None


class ScheduleReply(Command, type="schedule_reply.v1"):
    """Have a reply sent then, by the same rule as a reply by hand at that time. Refused with `invalid` for
    blank content, for a moment that is past or more than a year ahead, and where too many wait; with
    `not_handed_off` where nobody writes any more. Answered with the scheduled reply.
    """

    conversation_id: Id
    content: Text
    send_at: datetime


class CancelScheduledReply(Command, type="cancel_scheduled_reply.v1"):
    """It shall not be sent; cancelled already is answered as done. Refused with `invalid_transition` when it
    was sent, or could not be. Answered with the scheduled reply.
    """

    conversation_id: Id
    scheduled_id: Id


class SendScheduledReply(Command, type="send_scheduled_reply.v1"):
    """Its time has come."""

    conversation_id: Id
    scheduled_id: Id


class ListScheduledReplies(Query, type="list_scheduled_replies.v1"):
    """At most `limit` scheduled replies of a conversation, those made last first, older than `before`."""

    person: Person
    conversation_id: Id
    limit: int = Field(default=50, ge=1, le=100)
    before: Id | None = None


class ScheduledReplyPage(Contract):
    """The answer to ListScheduledReplies, and the `before` of the next page."""

    items: tuple[ScheduledReply, ...]
    next_before: Id | None = None


class ScheduledReplyChanged(ConversationEvent, type="conversation.scheduled_reply_changed.v1"):
    """A reply is scheduled, was sent, cancelled, or could not be sent (`error`)."""

    scheduled_id: Id
    author_id: Id
    send_at: datetime
    state: ScheduledState
    message_id: Id | None = None
    error: str | None = None
