"""What the AI service takes. It gives conversation's `post_bot_reply` and `hand_off_conversation`."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from libs.contracts.base import Command, Contract, Id, Name, Text
from libs.contracts.conversation import ConversationRef


class Turn(Contract):
    """One utterance since the last handoff or resolve."""

    message_id: Id
    role: Literal["contact", "ai", "agent", "system"]
    text: Text


class ChatbotProfile(Contract):
    """What the AI has to know about the chatbot it speaks for."""

    id: Id
    name: Name
    instructions: Text = ""
    handoff_keywords: tuple[str, ...] = Field(default=(), max_length=256)


class AnswerContact(Command, type="answer_contact.v1"):
    """Answer one inbound message, or hand the conversation over.

    `turns` are at most the last twenty, the oldest first, and end with the message to answer. `contact_value`
    is what the contact is worth in the account's unit.
    """

    conversation: ConversationRef
    chatbot: ChatbotProfile
    message_id: Id
    handoff_epoch: int
    turns: tuple[Turn, ...] = Field(max_length=50)
    has_attachment: bool = False
    answer_by: datetime
    contact_value: float = 0.0


class AddDocument(Command, type="add_document.v1"):
    """Put a Markdown document into a chatbot's knowledge, or replace the one of that id.

    The file's front matter may give `title`, `visibility` (public, internal) and `language`.
    """

    document_id: Id
    chatbot_id: Id
    text: str = Field(max_length=262_144)
