"""One Telegram update, read into what the conversation service records. Pure: no IO, no clock.

Source: Bot API 10.2, "Update". Kinds that ask for nothing here are read as nothing: they are acknowledged.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from libs.contracts.vocabulary import MessageKind
from services.gateway.domain.inbound import Inbound, Moved
from services.gateway.domain.json_fields import (
    MOST_TEXT,
    JsonObject,
    UnreadableError,
    id_in,
    moment_of,
    object_in,
    optional_id,
    optional_list,
    optional_object,
    optional_text,
)
from services.gateway.domain.telegram_address import Bot, author_of, is_addressed, own_phone
from services.gateway.domain.telegram_content import read_content

#: Kinds that are known and say nothing to us.
_ASKS_FOR_NOTHING = frozenset(
    {
        "update_id",
        "channel_post",
        "edited_channel_post",
        "business_connection",
        "business_message",
        "edited_business_message",
        "guest_message",
        "message_reaction_count",
        "inline_query",
        "chosen_inline_result",
        "shipping_query",
        "pre_checkout_query",
        "purchased_paid_media",
        "poll",
        "poll_answer",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "chat_boost",
        "removed_chat_boost",
        "managed_bot",
        "subscription",
    }
)
#: Deletions that one update may name; more is not Telegram's.
_MOST_DELETED = 100


def read_update(update: Any, bot: Bot) -> list[Inbound]:
    """Everything in an update that is to be recorded; empty for updates that are only acknowledged.

    Raises UnreadableError for whatever is not an update as Telegram sends them, a kind that is newer
    than this list included: it is kept, so that nothing is lost before we learn it.
    """
    if type(update) is not dict:
        raise UnreadableError("the update is not an object")
    update_id = id_in(update, "update_id")
    if update_id <= 0:
        raise UnreadableError("update_id is not positive")
    for key, reader in _READERS.items():
        if key in update:
            return reader(object_in(update, key), str(update_id), bot)
    if update.keys() - _ASKS_FOR_NOTHING:
        raise UnreadableError("the update is of a kind that is not known")
    return []


def read_moved(update: JsonObject) -> tuple[Moved, ...]:
    """The group that became a supergroup in this update, where one did. Telegram tells it twice, in the old
    chat and in the new one: both say the same.
    """
    message = optional_object(update, "message")
    chat = optional_object(message, "chat") if message else None
    here = optional_id(chat, "id") if chat else None
    if message is None or here is None:
        return ()
    there, before = optional_id(message, "migrate_to_chat_id"), optional_id(message, "migrate_from_chat_id")
    if there is not None:
        before = here
    elif before is not None:
        there = here
    if before is None or there is None or before == there:
        return ()
    return (
        Moved(
            session_id=f"tg:{before}",
            to_session_id=f"tg:{there}",
            to_target=f"{there}",
            delivery_id=f"moved:{before}:{there}",
        ),
    )


def _thread(chat: JsonObject, topic: int | None) -> tuple[str, str]:
    chat_id = id_in(chat, "id")
    target = f"{chat_id}/{topic}" if topic is not None else f"{chat_id}"
    return f"tg:{target}", target


def _moved_names(session_id: str) -> tuple[str, ...]:
    """A supergroup may be a group that moved, whose conversation has its old name."""
    return (session_id,) if session_id.startswith("tg:-100") else ()


def _topic(message: JsonObject) -> int | None:
    return optional_id(message, "message_thread_id") if message.get("is_topic_message") is True else None


def _reply_to(message: JsonObject) -> str | None:
    original = optional_object(message, "reply_to_message")
    # Messages of a forum topic "reply" to the service message that opened it.
    if original is None or "forum_topic_created" in original:
        return None
    replied = optional_id(original, "message_id")
    return str(replied) if replied else None


def _message(message: JsonObject, update_id: str, bot: Bot) -> list[Inbound]:
    content = read_content(message)
    if content is None:
        return []
    session_id, target = _thread(object_in(message, "chat"), _topic(message))
    message_id = id_in(message, "message_id")
    return [
        Inbound(
            session_id=session_id,
            target=target,
            delivery_id=update_id,
            # Ephemeral messages all have the id 0, and their own ids are used again.
            external_id=str(message_id) if message_id else f"ephemeral:{update_id}",
            author=replace(author_of(message, person="from", chat="sender_chat"), phone=own_phone(message)),
            kind=content.kind,
            content=content.text,
            attachments=content.attachments,
            reply_to=_reply_to(message),
            expects_answer=is_addressed(message, bot),
            references=_moved_names(session_id),
            forwarded=optional_object(message, "forward_origin") is not None,
            sent_at=moment_of(message.get("date")),
        )
    ]


def _edited(message: JsonObject, update_id: str, _: Bot) -> list[Inbound]:
    content = read_content(message)
    if content is None:
        return []
    session_id, target = _thread(object_in(message, "chat"), _topic(message))
    message_id = id_in(message, "message_id")
    return [
        Inbound(
            session_id=session_id,
            target=target,
            delivery_id=update_id,
            external_id=f"edit:{update_id}",
            author=author_of(message, person="from", chat="sender_chat"),
            kind=MessageKind.EDIT,
            content=content.text,
            attachments=content.attachments,
            reply_to=str(message_id) if message_id else None,
        )
    ]


def _callback(callback: JsonObject, update_id: str, _: Bot) -> list[Inbound]:
    message = optional_object(callback, "message")
    if message is None:
        return []  # pressed under an inline message: Telegram does not say in which chat
    session_id, target = _thread(object_in(message, "chat"), _topic(message))
    message_id = optional_id(message, "message_id")
    holder = {"from": object_in(callback, "from"), "chat": message["chat"]}
    names = ("data", "game_short_name")
    said = next((text for name in names if (text := optional_text(callback, name, MOST_TEXT))), "")
    return [
        Inbound(
            session_id=session_id,
            target=target,
            delivery_id=update_id,
            external_id=f"callback:{optional_text(callback, 'id', 200) or update_id}",
            author=author_of(holder, person="from", chat=""),
            kind=MessageKind.BUTTON,
            content=said,
            payload=said or None,
            reply_to=str(message_id) if message_id else None,
            expects_answer=True,
        )
    ]


def _reaction(reaction: JsonObject, update_id: str, _: Bot) -> list[Inbound]:
    session_id, target = _thread(object_in(reaction, "chat"), None)
    if type(reaction.get("new_reaction")) is not list:
        raise UnreadableError("new_reaction is not a list")
    added = _symbols(optional_list(reaction, "new_reaction"))
    removed = _symbols(optional_list(reaction, "old_reaction"))
    return [
        Inbound(
            session_id=session_id,
            target=target,
            delivery_id=update_id,
            external_id=f"reaction:{update_id}",
            author=author_of(reaction, person="user", chat="actor_chat"),
            kind=MessageKind.REACTION if added else MessageKind.REACTION_REMOVED,
            content=added or removed,
            reply_to=str(id_in(reaction, "message_id")),
        )
    ]


def _symbols(items: list[Any]) -> str:
    symbols = (_symbol(item) for item in items[:16] if type(item) is dict)
    return " ".join(symbol for symbol in symbols if symbol)


def _symbol(item: JsonObject) -> str | None:
    found = (optional_text(item, key, 64) for key in ("emoji", "custom_emoji_id", "type"))
    return next((text for text in found if text), None)


def _deleted(deletion: JsonObject, update_id: str, _: Bot) -> list[Inbound]:
    session_id, target = _thread(object_in(deletion, "chat"), None)
    ids = deletion.get("message_ids")
    if type(ids) is not list or len(ids) > _MOST_DELETED:
        raise UnreadableError("message_ids is not a list of ids")
    return [
        Inbound(
            session_id=session_id,
            target=target,
            delivery_id=f"{update_id}:{message_id}",
            external_id=f"delete:{update_id}:{message_id}",
            author=author_of(deletion, person="from", chat="sender_chat"),
            kind=MessageKind.DELETE,
            reply_to=str(message_id),
        )
        for message_id in (id_in({"message_ids": each}, "message_ids") for each in ids)
    ]


_READERS: dict[str, Callable[[JsonObject, str, Bot], list[Inbound]]] = {
    "message": _message,
    "edited_message": _edited,
    "callback_query": _callback,
    "message_reaction": _reaction,
    "deleted_business_messages": _deleted,
}
