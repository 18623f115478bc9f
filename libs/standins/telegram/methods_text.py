"""Bot API methods about text: send, edit, delete."""

import time
from typing import Any

from libs.standins.bodies import Params
from libs.standins.telegram.checks import envelope, inline_keyboard, known_chat, writable_chat
from libs.standins.telegram.errors import bad_request
from libs.standins.telegram.markup import check_text, formatted
from libs.standins.telegram.outcome import Outcome, post_message, sent
from libs.standins.telegram.params import int_of
from libs.standins.telegram.state import BotState, JsonObject


def send_message(bot: BotState, params: Params) -> Outcome:
    """``sendMessage``: 1-4096 characters after markup parsing."""
    chat = writable_chat(bot, params)
    members = envelope(bot, chat, params)
    text, entities = formatted(params, "text", "entities")
    check_text(text)
    content: JsonObject = {"text": text}
    if entities:
        content["entities"] = entities
    return sent(post_message(bot, chat, members, content))


def edit_message_text(bot: BotState, params: Params) -> Outcome:
    """``editMessageText``: the bot's own text messages; an edit that changes nothing is refused."""
    chat = writable_chat(bot, params)
    message = chat.messages.get(int_of(params, "message_id") or 0)
    if message is None:
        raise bad_request("message to edit not found")
    if message.get("from") is not bot.user:
        raise bad_request("message can't be edited")
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    text, entities = formatted(params, "text", "entities")
    check_text(text)
    edited = _edited(message, text, entities, inline_keyboard(params))
    chat.remember(edited)
    return sent(edited)


def _edited(
    message: JsonObject, text: str, entities: list[dict[str, Any]], keyboard: JsonObject | None
) -> JsonObject:
    same = (
        message["text"] == text
        and message.get("entities", []) == entities
        and message.get("reply_markup") == keyboard
    )
    if same:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same"
            " as a current content and reply markup of the message"
        )
    edited = {name: value for name, value in message.items() if name not in {"entities", "reply_markup"}}
    edited |= {"text": text, "edit_date": int(time.time())}
    if entities:
        edited["entities"] = entities
    if keyboard:
        edited["reply_markup"] = keyboard
    return edited


def delete_message(bot: BotState, params: Params) -> Outcome:
    """``deleteMessage``: the bot's own messages, and what people wrote in private chats."""
    chat = known_chat(bot, params)
    message_id = int_of(params, "message_id") or 0
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request("message to delete not found")
    if message.get("from") is not bot.user and chat.type != "private":
        raise bad_request("message can't be deleted")
    del chat.messages[message_id]
    return Outcome(result=True)
