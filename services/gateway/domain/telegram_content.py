"""What a Telegram message holds, as one of the neutral kinds.

Source: Bot API 10.2, "Message". Content fields are tried in an order that matters: an animation also carries
`document`, a venue also carries `location`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from libs.contracts.conversation import Attachment
from libs.contracts.vocabulary import MessageKind
from services.gateway.domain.json_fields import (
    MOST_TEXT,
    JsonObject,
    UnreadableError,
    clean,
    object_in,
    optional_id,
    optional_text,
    text_in,
)

_MOST_REFERENCE = 2048
_MOST_NAME = 512
_LARGEST_SIZE = 2**53

_MEDIA = (
    ("animation", MessageKind.VIDEO),
    ("video", MessageKind.VIDEO),
    ("video_note", MessageKind.VIDEO),
    ("voice", MessageKind.VOICE),
    ("audio", MessageKind.AUDIO),
    ("document", MessageKind.DOCUMENT),
)

#: Content that has no neutral kind: kept as a placeholder that names it.
_WITHOUT_KIND = (
    "rich_message",
    "poll",
    "dice",
    "game",
    "story",
    "checklist",
    "paid_media",
    "invoice",
    "giveaway",
    "giveaway_winners",
    "gift",
    "unique_gift",
)

#: Events of the chat that Telegram tells as messages: nobody wrote anything.
_SERVICE = frozenset(
    [
        "new_chat_members",
        "left_chat_member",
        "new_chat_title",
        "new_chat_photo",
        "delete_chat_photo",
        "group_chat_created",
        "supergroup_chat_created",
        "channel_chat_created",
        "message_auto_delete_timer_changed",
        "migrate_to_chat_id",
        "migrate_from_chat_id",
        "pinned_message",
        "successful_payment",
        "refunded_payment",
        "users_shared",
        "chat_shared",
        "connected_website",
        "write_access_allowed",
        "passport_data",
        "proximity_alert_triggered",
        "boost_added",
        "chat_background_set",
        "checklist_tasks_done",
        "checklist_tasks_added",
        "direct_message_price_changed",
        "paid_message_price_changed",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_closed",
        "forum_topic_reopened",
        "general_forum_topic_hidden",
        "general_forum_topic_unhidden",
        "giveaway_created",
        "giveaway_completed",
        "suggested_post_approved",
        "suggested_post_approval_failed",
        "suggested_post_declined",
        "suggested_post_paid",
        "suggested_post_refunded",
        "video_chat_scheduled",
        "video_chat_started",
        "video_chat_ended",
        "video_chat_participants_invited",
        "web_app_data",
    ]
)


@dataclass(frozen=True, slots=True)
class Content:
    """A message's kind, its text or caption, and its files by reference."""

    kind: MessageKind
    text: str = ""
    attachments: tuple[Attachment, ...] = ()


def read_content(message: JsonObject) -> Content | None:
    """The content of a message, or None for a service message. Raises UnreadableError."""
    if "text" in message:
        return _text(message)
    for field, reader in _READERS.items():
        if field in message:
            return reader(message)
    for field, kind in _MEDIA:
        if field in message:
            return _media(message, field, kind)
    for field in _WITHOUT_KIND:
        if field in message:
            return Content(MessageKind.UNSUPPORTED, _caption(message) or f"[{field}]")
    if not _SERVICE.isdisjoint(message):
        return None
    return Content(MessageKind.UNSUPPORTED, _caption(message) or "[unsupported]")


def command_in(message: JsonObject) -> tuple[str, str | None] | None:
    """The command that a message's text begins with, and the bot it names; None for other texts."""
    text = message.get("text")
    entities = message.get("entities")
    if type(text) is not str or not text.startswith("/") or type(entities) is not list:
        return None
    for entity in entities:
        if type(entity) is dict and entity.get("type") == "bot_command" and entity.get("offset") == 0:
            length = entity.get("length")
            if type(length) is not int or not 0 < length <= len(text):
                continue
            # Commands are ASCII, so that UTF-16 units and characters count alike here.
            name, at, bot = text[:length].partition("@")
            return name, bot if at else None
    return None


def _text(message: JsonObject) -> Content:
    text = text_in(message, "text", MOST_TEXT)
    return Content(MessageKind.COMMAND if command_in(message) else MessageKind.TEXT, text)


def _caption(message: JsonObject) -> str:
    return text_in(message, "caption", MOST_TEXT) if "caption" in message else ""


def _attachment(file: JsonObject, kind: MessageKind) -> Attachment:
    reference = text_in(file, "file_id", _MOST_REFERENCE)
    if not reference:
        raise UnreadableError("file_id is empty")
    size = optional_id(file, "file_size")
    return Attachment(
        kind=kind,
        reference=reference,
        filename=optional_text(file, "file_name", _MOST_NAME),
        content_type=optional_text(file, "mime_type", 256),
        size=size if size is not None and 0 <= size < _LARGEST_SIZE else None,
    )


def _media(message: JsonObject, field: str, kind: MessageKind) -> Content:
    return Content(kind, _caption(message), (_attachment(object_in(message, field), kind),))


def _photo(message: JsonObject) -> Content:
    sizes = message["photo"]
    if type(sizes) is not list or not sizes or type(sizes[-1]) is not dict:
        raise UnreadableError("photo is not a list of sizes")
    # Sizes ascend: the last is the original's.
    return Content(MessageKind.IMAGE, _caption(message), (_attachment(sizes[-1], MessageKind.IMAGE),))


def _sticker(message: JsonObject) -> Content:
    sticker = object_in(message, "sticker")
    emoji = optional_text(sticker, "emoji", 64) or ""
    return Content(MessageKind.STICKER, emoji, (_attachment(sticker, MessageKind.STICKER),))


def _coordinates(location: JsonObject) -> str:
    numbers = []
    for key, most in (("latitude", 90), ("longitude", 180)):
        value = location.get(key)
        if value is None or type(value) not in (int, float) or not -most <= value <= most:
            raise UnreadableError(f"{key} is not a coordinate")
        numbers.append(f"{value}")
    return ",".join(numbers)


def _location(message: JsonObject) -> Content:
    return Content(MessageKind.LOCATION, _coordinates(object_in(message, "location")))


def _venue(message: JsonObject) -> Content:
    venue = object_in(message, "venue")
    where = _coordinates(object_in(venue if "location" in venue else message, "location"))
    said = [optional_text(venue, key, _MOST_NAME) for key in ("title", "address")]
    return Content(MessageKind.LOCATION, "\n".join([*(part for part in said if part), where]))


def _contact(message: JsonObject) -> Content:
    contact = object_in(message, "contact")
    number = text_in(contact, "phone_number", 64)
    said = [optional_text(contact, key, _MOST_NAME) for key in ("first_name", "last_name")]
    name = " ".join(part for part in said if part)
    return Content(MessageKind.CONTACT, clean(f"{name} {number}".strip()))


_READERS: dict[str, Callable[[JsonObject], Content]] = {
    "photo": _photo,
    "sticker": _sticker,
    "venue": _venue,
    "location": _location,
    "contact": _contact,
}
