"""Conversations that an agent starts."""

from pydantic import Field

from libs.contracts.base import Command, Contract, Id, Name, Text
from libs.contracts.conversation import ConversationView, MessageView
from libs.contracts.vocabulary import Channel


class StartConversation(Command, type="start_conversation.v1"):
    """Write to somebody first. Goes to the thread's partition, as an inbound message of that person would.
    A thread that exists gets the message.
    """

    chatbot_id: Id
    connection_id: Id
    channel: Channel
    session_id: Id
    target: str = Field(max_length=512)
    alias: Id
    name: Name = ""
    subject: str | None = Field(default=None, max_length=512)
    content: Text


class StartedConversation(Contract):
    """The answer to StartConversation."""

    conversation: ConversationView
    message: MessageView
