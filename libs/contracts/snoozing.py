"""A conversation is put aside until a moment, or until its contact writes: it keeps its status meanwhile."""

from datetime import datetime
from enum import StrEnum

from libs.contracts.base import Command, Id
from libs.contracts.conversation import ConversationEvent


class WakeReason(StrEnum):
    """Why it is awake again."""

    DUE = "due"
    CONTACT = "contact"
    PERSON = "person"
    SETTLED = "settled"


class SnoozeConversation(Command, type="snooze_conversation.v1"):
    """Put it aside until then; once more moves the moment. Refused with `invalid` for a moment that is past
    or more than a year ahead, and with `invalid_transition` where it is settled. Answered with its view.
    """

    conversation_id: Id
    until: datetime


class UnsnoozeConversation(Command, type="unsnooze_conversation.v1"):
    """Take it up again before its time. Answered with its view."""

    conversation_id: Id


class WakeConversation(Command, type="wake_conversation.v1"):
    """The moment has come, if it is still `until` that it is put aside to."""

    conversation_id: Id
    until: datetime


class ConversationSnoozed(ConversationEvent, type="conversation.snoozed.v1"):
    """It is put aside."""

    until: datetime


class ConversationWoken(ConversationEvent, type="conversation.woken.v1"):
    """It is not put aside any more."""

    reason: WakeReason
