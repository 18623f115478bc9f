"""Whether a Telegram message is meant for the bot, and who wrote it.

In a private chat everything is. In a group only a command that names no other bot, a reply to the bot, or a
mention of it: an answer to anything else would be an interruption, and two bots could talk to each other.
"""

from dataclasses import dataclass

from services.gateway.domain.inbound import Author
from services.gateway.domain.json_fields import (
    JsonObject,
    object_in,
    optional_id,
    optional_list,
    optional_object,
    optional_text,
)
from services.gateway.domain.telegram_content import command_in

_MOST_NAME = 512


@dataclass(frozen=True, slots=True)
class Bot:
    """The connection's own bot, as far as it is known. `username` is without `@`."""

    username: str | None = None
    id: int | None = None

    def is_called(self, name: str) -> bool:
        """Whether `name` is this bot's. Unknown means no: silence is safer than speaking for another bot."""
        return self.username is not None and self.username.lower() == name.lower()


def author_of(holder: JsonObject, *, person: str, chat: str) -> Author:
    """The author from the user field `person` or, when a chat speaks, from the field `chat`.

    With a `sender_chat` the user is a placeholder (1087968824, 136817688, 777000). Without either it is the
    chat itself.
    """
    speaker = optional_object(holder, chat)
    if speaker is not None and (chat_id := optional_id(speaker, "id")) is not None:
        return Author(str(chat_id), _title(speaker))
    user = optional_object(holder, person)
    if user is not None and (user_id := optional_id(user, "id")) is not None:
        return Author(str(user_id), _title(user))
    place = object_in(holder, "chat")
    return Author(str(optional_id(place, "id")), _title(place))


def own_phone(message: JsonObject) -> str | None:
    """Their number, E.164 with its plus, where somebody shares the contact that they are themselves."""
    contact, user = optional_object(message, "contact"), optional_object(message, "from")
    if contact is None or user is None or contact.get("user_id") != user.get("id"):
        return None
    digits = "".join(filter(str.isdigit, optional_text(contact, "phone_number", 64) or ""))
    return f"+{digits}" if digits.isascii() and 5 <= len(digits) <= 15 else None


def _title(party: JsonObject) -> str:
    names = [optional_text(party, key, _MOST_NAME) for key in ("first_name", "last_name")]
    full = " ".join(name for name in names if name)
    return (
        full
        or optional_text(party, "title", _MOST_NAME)
        or optional_text(party, "username", _MOST_NAME)
        or ""
    )[:_MOST_NAME]


def is_addressed(message: JsonObject, bot: Bot) -> bool:
    """Whether the bot may answer this message."""
    user = optional_object(message, "from")
    speaks_as_chat = optional_object(message, "sender_chat") is not None
    if message.get("is_automatic_forward") is True:
        return False
    if user is not None and user.get("is_bot") is True and not speaks_as_chat:
        return False
    if object_in(message, "chat").get("type") == "private":
        return True
    command = command_in(message)
    if command is not None:
        named = command[1]
        return named is None or bot.is_called(named)
    return _replies_to(message, bot) or _mentions(message, bot)


def _replies_to(message: JsonObject, bot: Bot) -> bool:
    original = optional_object(message, "reply_to_message")
    author = optional_object(original, "from") if original else None
    if author is None or author.get("is_bot") is not True:
        return False
    if bot.id is not None:
        return author.get("id") == bot.id
    username = author.get("username")
    if bot.username is not None and type(username) is str:
        return bot.is_called(username)
    return True  # of the bots in a group, Telegram shows us replies to our own


def _mentions(message: JsonObject, bot: Bot) -> bool:
    for text_key, entities_key in (("text", "entities"), ("caption", "caption_entities")):
        text = message.get(text_key)
        if type(text) is not str:
            continue
        for entity in optional_list(message, entities_key):
            if type(entity) is dict and _is_mention(entity, text, bot):
                return True
    return False


def _is_mention(entity: JsonObject, text: str, bot: Bot) -> bool:
    if entity.get("type") == "text_mention":
        user = optional_object(entity, "user")
        return user is not None and bot.id is not None and user.get("id") == bot.id
    if entity.get("type") != "mention":
        return False
    offset, length = entity.get("offset"), entity.get("length")
    if type(offset) is not int or type(length) is not int or offset < 0 or not 1 < length <= 64:
        return False
    # Offsets count UTF-16 code units (Bot API, "MessageEntity").
    units = text.encode("utf-16-le", "surrogatepass")
    mention = units[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace")
    return bot.is_called(mention.removeprefix("@"))
