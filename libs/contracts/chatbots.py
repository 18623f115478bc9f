"""Chatbots, as administrators set them up. Every command goes to the account's partition."""

from typing import Annotated

from pydantic import Field

from libs.contracts.base import Command, Contract, Event, Id, Name, Query, Text
from libs.contracts.conversation import Person
from libs.contracts.directory import Cleared
from libs.contracts.vocabulary import BotMode

Keyword = Annotated[str, Field(min_length=1, max_length=256)]
Keywords = Annotated[tuple[Keyword, ...], Field(max_length=256)]


class ChatbotView(Contract):
    """A chatbot. `department` is where its conversations belong; a message with one of `handoff_keywords`
    goes to people at once; with `auto_suggest` agents get a suggestion for each message while they answer.
    """

    id: Id
    name: Name
    mode: BotMode = BotMode.ANSWER
    instructions: Text = ""
    department: Id | None = None
    handoff_keywords: Keywords = ()
    auto_suggest: bool = False


class ChatbotPage(Contract):
    """The answer to ListChatbots, in the order of their ids."""

    items: tuple[ChatbotView, ...]
    next_cursor: str | None = None


class ListChatbots(Query, type="list_chatbots.v1"):
    """The account's chatbots; for administrators."""

    person: Person
    cursor: str | None = Field(default=None, max_length=512)
    page_size: int = Field(default=20, ge=1, le=100)


class GetChatbot(Query, type="get_chatbot.v1"):
    """One chatbot; for administrators."""

    person: Person
    chatbot_id: Id


class CreateChatbot(Command, type="create_chatbot.v1"):
    """A new chatbot; `conflict` when there is one of this id."""

    chatbot: ChatbotView


class UpdateChatbot(Command, type="update_chatbot.v1"):
    """Change a chatbot. What is None stays, what is named in `cleared` is emptied. Other replicas answer as
    it was for some seconds more.
    """

    chatbot_id: Id
    name: Name | None = None
    mode: BotMode | None = None
    instructions: Text | None = None
    department: Id | None = None
    handoff_keywords: Keywords | None = None
    auto_suggest: bool | None = None
    cleared: Cleared = ()


class DeleteChatbot(Command, type="delete_chatbot.v1"):
    """Remove a chatbot; `conflict` while it is a department's default or has open conversations. The answer
    is the chatbot as it was; its connections and what it knows go soon after.
    """

    chatbot_id: Id


class ChatbotDeleted(Event, type="directory.chatbot_deleted.v1"):
    """A chatbot of the envelope's account is no more: who keeps something for it lets go of that."""

    chatbot_id: Id
