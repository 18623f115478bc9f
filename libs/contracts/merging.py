"""Two conversations turn out to be about one matter: one of them becomes part of the other, for good."""

from libs.contracts.base import Command, Id
from libs.contracts.conversation import ConversationEvent


class MergeConversations(Command, type="merge_conversations.v1"):
    """Make one conversation part of another; its names lead there from then on. The answer is the view of the
    other one. Refused with `invalid` unless both are of one connection, one contact and, of tickets, one
    requester; with `invalid_transition` unless the other is open.
    """

    conversation_id: Id
    into_conversation_id: Id


class ConversationMerged(ConversationEvent, type="conversation.merged.v1"):
    """It is part of another one from here on: it is read there, and what comes later goes there."""

    into_conversation_id: Id


class ConversationTookIn(ConversationEvent, type="conversation.took_in.v1"):
    """Another one is part of it from here on."""

    merged_conversation_id: Id
    message_count: int
    unread: int
