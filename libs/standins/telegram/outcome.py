"""What a Bot API call came to."""

import time
from dataclasses import dataclass, field
from typing import Any

from libs.standins.telegram.state import BotState, Chat, JsonObject


@dataclass(slots=True)
class Outcome:
    """A call that was accepted: its ``result``, and the messages that people now see because of it."""

    result: Any
    description: str = ""
    shown: list[JsonObject] = field(default_factory=list)


def post_message(bot: BotState, chat: Chat, members: JsonObject, content: JsonObject) -> JsonObject:
    """Put a message of the bot into a chat and return it as the API does."""
    message = {
        "message_id": chat.take_message_id(),
        "from": bot.user,
        "chat": chat.fields,
        "date": int(time.time()),
        **members,
        **content,
    }
    chat.remember(message)
    return message


def sent(message: JsonObject) -> Outcome:
    """Return the outcome of sending one message."""
    return Outcome(message, shown=[message])
