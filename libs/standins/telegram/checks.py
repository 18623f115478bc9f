"""What the Bot API checks before it sends: chat, thread, reply target, keyboard."""

from collections.abc import Mapping
from typing import Any

from libs.standins.telegram.errors import ApiError, bad_request, chat_not_found, migrated
from libs.standins.telegram.params import bool_of, int_of, object_of, text_of
from libs.standins.telegram.state import BotState, Chat, JsonObject

MAX_CALLBACK_BYTES = 64
MAX_ROWS = 100

# What a button without callback_data may do instead.
_BUTTON_ACTIONS = frozenset(
    {
        "url",
        "web_app",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "copy_text",
        "callback_game",
        "pay",
    }
)


def known_chat(bot: BotState, params: Mapping[str, Any]) -> Chat:
    """Return the chat that ``chat_id`` names, by id or by ``@username``. ApiError 400 when unknown."""
    chat_id = int_of(params, "chat_id")
    if chat_id is not None:
        chat = bot.chats.get(chat_id)
        if chat is None:
            raise chat_not_found()
        return chat
    name = text_of(params, "chat_id")
    if not name:
        raise bad_request("chat_id is empty")
    if name.startswith("@"):
        for chat in bot.chats.values():
            if chat.type != "private" and str(chat.fields.get("username", "")).lower() == name[1:].lower():
                return chat
    raise chat_not_found()


def writable_chat(bot: BotState, params: Mapping[str, Any]) -> Chat:
    """Return the chat to write to. ApiError 400 for a migrated group, 403 where the bot may not write."""
    chat = known_chat(bot, params)
    if chat.migrated_to is not None:
        raise migrated(chat.migrated_to)
    if chat.gone:
        raise ApiError(403, chat.gone)
    return chat


def envelope(bot: BotState, chat: Chat, params: Mapping[str, Any]) -> JsonObject:
    """Check what every send method takes besides its content; return those members of the new message.

    Thread, reply target and keyboard: ApiError 400 for any that does not fit. Takes no message id yet.
    """
    members: JsonObject = {}
    thread_id = int_of(params, "message_thread_id")
    if thread_id:
        if thread_id not in chat.topics:
            raise bad_request("message thread not found")
        members["message_thread_id"] = thread_id
        members["is_topic_message"] = True
    if "reply_parameters" in params or "reply_to_message_id" in params:
        replied = _reply_target(bot, chat, params)
        if replied is not None:
            members["reply_to_message"] = {
                name: value for name, value in replied.items() if name != "reply_to_message"
            }
    if "reply_markup" in params:
        keyboard = inline_keyboard(params)
        if keyboard is not None:
            members["reply_markup"] = keyboard
    return members


def _reply_target(bot: BotState, chat: Chat, params: Mapping[str, Any]) -> JsonObject | None:
    reply = object_of(params, "reply_parameters", "reply parameters")
    if reply is None:
        # The form from before reply_parameters, still accepted.
        message_id = int_of(params, "reply_to_message_id")
        optional = bool_of(params, "allow_sending_without_reply")
    else:
        message_id = int_of(reply, "message_id")
        optional = bool_of(reply, "allow_sending_without_reply")
        if reply.get("chat_id") is not None:
            chat = known_chat(bot, reply)
    if not message_id:
        return None
    target = chat.messages.get(message_id)
    if target is None and not optional:
        raise bad_request("message to be replied not found")
    return target


def inline_keyboard(params: Mapping[str, Any]) -> JsonObject | None:
    """Check ``reply_markup``; return it where the message shows it (inline keyboards), else None."""
    markup = object_of(params, "reply_markup", "reply markup")
    if markup is None or "inline_keyboard" not in markup:
        return None  # reply keyboards belong to the chat, not to the message
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup should be an Array of Arrays')
    if sum(len(row) for row in rows) > MAX_ROWS:
        raise bad_request("reply markup is too long")
    for row in rows:
        for button in row:
            _check_button(button)
    kept = [row for row in rows if row]
    return {"inline_keyboard": kept} if kept else None


def _check_button(button: Any) -> None:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not text_of(button, "text"):
        raise bad_request("can't parse inline keyboard button: can't find field \"text\"")
    data = button.get("callback_data")
    if data is not None:
        if not isinstance(data, str) or not 1 <= len(data.encode("utf-8", "replace")) <= MAX_CALLBACK_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    elif not _BUTTON_ACTIONS & button.keys():
        raise bad_request(
            "can't parse inline keyboard button: text buttons are unallowed in the inline keyboard"
        )
