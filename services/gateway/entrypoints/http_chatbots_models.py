"""Bodies and filters about chatbots."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.chatbots import ChatbotView
from libs.contracts.vocabulary import BotMode
from services.gateway.entrypoints.http_departments_models import AnyName, Changes
from services.gateway.entrypoints.http_models import AnyId, body_config

Mode = Annotated[BotMode, Field(strict=False)]
Instructions = Annotated[str, Field(max_length=16_384)]
Keyword = Annotated[str, Field(min_length=1, max_length=256, pattern=r"\S")]
Keywords = Annotated[list[Keyword], Field(max_length=256)]

_ABOUT_MODE = "`answer`: the AI replies; `suggest`: people send what it suggests; `off`."
_ABOUT_KEYWORDS = "A message with one of these goes to people at once."
_ABOUT_SUGGEST = "While people answer, each message of the contact gets a suggestion."


class PageQuery(BaseModel):
    """Which page of a list that is in the order of ids."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    cursor: str | None = Field(
        default=None, min_length=1, max_length=512, description="`next_cursor` of an earlier page."
    )
    page_size: int = Field(default=20, ge=1, le=100)


class ChatbotBody(BaseModel):
    """A new chatbot."""

    model_config = body_config(
        {
            "name": "Kettle helper",
            "mode": "answer",
            "instructions": "Friendly, brief, and only what the articles say.",
            "department": "Orders",
            "handoff_keywords": ["legal action"],
            "auto_suggest": True,
        }
    )

    name: AnyName
    mode: Mode = Field(default=BotMode.ANSWER, description=_ABOUT_MODE)
    instructions: Instructions = ""
    department: AnyId | None = Field(default=None, description="Where its conversations belong.")
    handoff_keywords: Keywords = Field(default=[], description=_ABOUT_KEYWORDS)
    auto_suggest: bool = Field(default=False, description=_ABOUT_SUGGEST)

    def chatbot(self, chatbot_id: str) -> ChatbotView:
        """As the directory has it."""
        return ChatbotView(id=chatbot_id, **self.model_dump())


class ChatbotChangesBody(Changes):
    """What shall change of a chatbot."""

    model_config = body_config({"mode": "suggest", "department": None})

    name: AnyName | None = None
    mode: Mode | None = Field(default=None, description=_ABOUT_MODE)
    instructions: Instructions | None = None
    department: AnyId | None = None
    handoff_keywords: Keywords | None = Field(default=None, description=_ABOUT_KEYWORDS)
    auto_suggest: bool | None = Field(default=None, description=_ABOUT_SUGGEST)
