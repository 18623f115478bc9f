"""Bot API methods about files: single media, albums, download."""

from typing import Any

from libs.standins.bodies import Params, UploadedFile
from libs.standins.telegram.checks import envelope, writable_chat
from libs.standins.telegram.errors import ApiError, bad_request
from libs.standins.telegram.files import MAX_DOWNLOAD_BYTES
from libs.standins.telegram.markup import check_caption, formatted
from libs.standins.telegram.media import media_object
from libs.standins.telegram.outcome import Outcome, post_message, sent
from libs.standins.telegram.params import json_of, text_of
from libs.standins.telegram.state import BotState, JsonObject

MAX_UPLOAD_BYTES = 50 * 1_048_576
MAX_PHOTO_BYTES = 10 * 1_048_576
ALBUM_SIZES = range(2, 11)

_WITHOUT_CAPTION = frozenset({"sticker"})
_ALBUM_KINDS = frozenset({"photo", "video", "document", "audio"})


def send_media(kind: str, bot: BotState, params: Params) -> Outcome:
    """``sendPhoto`` and its siblings: a file id of this bot, an http address, or an upload."""
    chat = writable_chat(bot, params)
    members = envelope(bot, chat, params)
    content = _caption(params) if kind not in _WITHOUT_CAPTION else {}
    content |= _media(bot, kind, params.get(kind))
    return sent(post_message(bot, chat, members, content))


def send_media_group(bot: BotState, params: Params) -> Outcome:
    """``sendMediaGroup``: 2-10 photos and videos, or documents, or audios; the result is an array."""
    chat = writable_chat(bot, params)
    members = envelope(bot, chat, params)
    items = json_of(params, "media", "media")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise bad_request("expected an Array of InputMedia")
    if len(items) not in ALBUM_SIZES:
        raise bad_request("album must contain 2-10 items")
    _check_kinds([str(item.get("type")) for item in items])
    # Every part is checked before any is sent: an album is refused as a whole.
    contents = [_album_part(bot, item, params) for item in items]
    album_id = bot.take_album_id()
    messages = [
        post_message(bot, chat, members, {"media_group_id": album_id, **content}) for content in contents
    ]
    return Outcome(messages, shown=messages)


def get_file(bot: BotState, params: Params) -> Outcome:
    """``getFile``: where to download a file of up to 20 MB."""
    stored = bot.files.get(text_of(params, "file_id"))
    if stored is None:
        raise bad_request("invalid file_id")
    if stored.size > MAX_DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    return Outcome(
        {
            "file_id": stored.file_id,
            "file_unique_id": stored.file_unique_id,
            "file_size": stored.size,
            "file_path": stored.path,
        }
    )


def _caption(params: Params) -> JsonObject:
    caption, entities = formatted(params, "caption", "caption_entities")
    check_caption(caption)
    content: JsonObject = {}
    if caption:
        content["caption"] = caption
    if entities:
        content["caption_entities"] = entities
    return content


def _album_part(bot: BotState, item: Params, params: Params) -> JsonObject:
    media: Any = item.get("media")
    if isinstance(media, str) and media.startswith("attach://"):
        media = params.get(media.removeprefix("attach://"))
    return _caption(item) | _media(bot, str(item["type"]), media)


def _check_kinds(kinds: list[str]) -> None:
    if unknown := set(kinds) - _ALBUM_KINDS:
        raise bad_request(f"can't parse InputMedia: type {min(unknown)} can't be used in an album")
    for kind in ("document", "audio"):
        if kind in kinds and set(kinds) != {kind}:
            raise bad_request(f"{kind} can't be mixed with other media types")


def _media(bot: BotState, kind: str, given: Any) -> JsonObject:
    if given is None or given == "":
        raise bad_request(f"there is no {kind} in the request")
    if isinstance(given, UploadedFile):
        limit = MAX_PHOTO_BYTES if kind == "photo" else MAX_UPLOAD_BYTES
        if len(given.content) > limit:
            raise ApiError(413, "Request Entity Too Large")
        if not given.content:
            raise bad_request("file must be non-empty")
        stored = bot.files.put(kind, given.content, file_name=given.file_name)
        return media_object(kind, stored, {"file_name": given.file_name, "mime_type": given.mime_type})
    if isinstance(given, str) and given.startswith(("http://", "https://")):
        # Telegram fetches it; the stand-in stays off the network and keeps the address as content.
        name = given.partition("?")[0].rpartition("/")[2]
        return media_object(kind, bot.files.put(kind, given.encode(), file_name=name), {"file_name": name})
    found = bot.files.get(given) if isinstance(given, str) else None
    if found is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return media_object(kind, found, {})
