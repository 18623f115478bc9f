"""Replies that the AI proposes to agents: asked for, recorded, decided on.

A conversation has one pending suggestion at most, and the AI is drafting one at most (`request_id`): the
result of an earlier request is stale.
"""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from libs.contracts.ai import ChatbotProfile, Turn
from libs.contracts.base import Command, Contract, Id, Query, Subject, Text
from libs.contracts.conversation import Citation, ConversationEvent, ConversationRef, Person

Tone = Literal["neutral", "friendly", "formal"]
Length = Literal["short", "medium", "long"]


class SuggestionStatus(StrEnum):
    """What became of a suggestion."""

    PENDING = "pending"
    APPROVED = "approved"
    EDITED = "edited"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


class Wishes(Contract):
    """How an agent wants a reply. Without a model none is followed but that it shall be another one."""

    tone: Tone | None = None
    length: Length | None = None
    custom_prompt: str | None = Field(default=None, max_length=2_000)


class Entity(Contract):
    """Something that a message names, as it stands there: an order, a date, an amount, a place."""

    kind: str = Field(max_length=32)
    text: str = Field(max_length=200)


class SimilarConversation(Contract):
    """A past conversation of the same chatbot, which the same agents may see, with what settled a question
    like this one. Personal data in it are placeholders.
    """

    conversation_id: Id
    question: str = Field(max_length=500)
    reply: str = Field(max_length=2_000)
    ending: Literal["confirmed", "assumed"]
    at: datetime


class Analysis(Contract):
    """What is known of the message that is answered. `found` is whether any passage supports the text,
    `engine` who wrote it: `model`, or `passage` for a document's own words. `sentiment` is negative, neutral
    or positive, `urgency` low, normal or high; empty is not known.
    `similar` are past conversations that ended well, `practices` notes on such messages, `background` what
    internal documents say: all three are for the agent's eyes.
    """

    language: str = Field(default="", max_length=16)
    found: bool = False
    engine: str = Field(default="", max_length=32)
    intent: str = Field(default="", max_length=100)
    sentiment: str = Field(default="", max_length=16)
    urgency: str = Field(default="", max_length=16)
    entities: tuple[Entity, ...] = Field(default=(), max_length=32)
    similar: tuple[SimilarConversation, ...] = Field(default=(), max_length=8)
    practices: tuple[str, ...] = Field(default=(), max_length=8)
    background: tuple[Citation, ...] = Field(default=(), max_length=8)


class SuggestionView(Contract):
    """A proposed reply to the message `message_id`. `sent_as` is the message it became,
    `returned_from` the one that the channel refused, so that it is pending again.
    """

    id: Id
    conversation_id: Id
    message_id: Id
    body: Text
    confidence: float
    citations: tuple[Citation, ...] = Field(default=(), max_length=32)
    analysis: Analysis = Analysis()
    status: SuggestionStatus = SuggestionStatus.PENDING
    created_at: datetime
    decided_at: datetime | None = None
    decided_by: Id | None = None
    reason: str | None = Field(default=None, max_length=1024)
    sent_as: Id | None = None
    returned_from: Id | None = None


class DraftReply(Command, type="draft_reply.v1"):
    """Propose a reply. `avoid` is the text of the suggestion that this one is to take the place of."""

    conversation: ConversationRef
    chatbot: ChatbotProfile
    request_id: Id
    message_id: Id
    turns: tuple[Turn, ...] = Field(max_length=50)
    wishes: Wishes = Wishes()
    avoid: Text | None = None
    contact_value: float = 0.0


class RecordSuggestion(Command, type="record_suggestion.v1"):
    """The AI's proposal, to the conversation. Refused with `stale_answer` when something newer was asked."""

    conversation_id: Id
    request_id: Id
    message_id: Id
    body: Text
    confidence: float = Field(ge=0, le=1)
    citations: tuple[Citation, ...] = Field(default=(), max_length=32)
    analysis: Analysis = Analysis()


class ApproveSuggestion(Command, type="approve_suggestion.v1"):
    """Send it, as it is or as edited. Answered with the message."""

    conversation_id: Id
    suggestion_id: Id
    edited_body: Text | None = None
    edited_subject: Subject | None = None


class RejectSuggestion(Command, type="reject_suggestion.v1"):
    """It is not to be used. Answered with the suggestion."""

    conversation_id: Id
    suggestion_id: Id
    reason: str | None = Field(default=None, max_length=1024)


class RegenerateSuggestion(Command, type="regenerate_suggestion.v1"):
    """Ask for another reply to a message of the contact. Answered with the request."""

    conversation_id: Id
    message_id: Id
    wishes: Wishes = Wishes()


class DraftRequested(Contract):
    """The answer to RegenerateSuggestion: the suggestion's id once it is there."""

    request_id: Id


class GetSuggestion(Query, type="get_suggestion.v1"):
    """The pending suggestion of a conversation, or one by its id; `not_found` otherwise."""

    person: Person
    conversation_id: Id
    suggestion_id: Id | None = None


class SuggestionEvent(ConversationEvent):
    """Something became of a suggestion."""

    suggestion: SuggestionView


class SuggestionRecorded(SuggestionEvent, type="conversation.suggestion_recorded.v1"):
    """An agent can look at it."""


class SuggestionApproved(SuggestionEvent, type="conversation.suggestion_approved.v1"):
    """It was sent as it was."""


class SuggestionEdited(SuggestionEvent, type="conversation.suggestion_edited.v1"):
    """It was sent with changes. `body` is what was sent."""

    body: Text


class SuggestionRejected(SuggestionEvent, type="conversation.suggestion_rejected.v1"):
    """It is not to be used."""


class SuggestionSuperseded(SuggestionEvent, type="conversation.suggestion_superseded.v1"):
    """Something newer takes its place."""


class SuggestionReturned(SuggestionEvent, type="conversation.suggestion_returned.v1"):
    """The channel refused what it was sent as: it is pending again."""
