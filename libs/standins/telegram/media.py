"""Message members that describe a file, for both directions."""

from collections.abc import Mapping
from typing import Any

from libs.standins.telegram.files import SMALL_PHOTO, StoredFile

JsonObject = dict[str, Any]

# What Telegram always gives for a kind, where the sender did not say.
_DEFAULTS: dict[str, JsonObject] = {
    "document": {},
    "audio": {"duration": 180, "mime_type": "audio/mpeg"},
    "voice": {"duration": 5, "mime_type": "audio/ogg"},
    "video": {"duration": 10, "width": 640, "height": 360, "mime_type": "video/mp4"},
    "video_note": {"duration": 10, "length": 240},
    "animation": {"duration": 3, "width": 320, "height": 240, "mime_type": "video/mp4"},
    "sticker": {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False},
}
_NAMED = frozenset({"document", "audio", "video", "animation"})
_TYPED = frozenset({"document", "audio", "voice", "video", "animation"})

FILE_KINDS = frozenset(_DEFAULTS) | {"photo"}
"""Message members that carry a file."""


def media_object(kind: str, stored: StoredFile, given: Mapping[str, Any]) -> JsonObject:
    """Return the message members for a file; ``given`` overrides what Telegram would fill in."""
    ids = {"file_id": stored.file_id, "file_unique_id": stored.file_unique_id}
    if kind == "photo":
        return {"photo": _photo_sizes(stored, given)}
    described = {
        name: value
        for name, value in given.items()
        if value != ""
        and not (name == "file_name" and kind not in _NAMED)
        and not (name == "mime_type" and kind not in _TYPED)
    }
    file = {**ids, **_DEFAULTS[kind], **described, "file_size": stored.size}
    if kind == "animation":
        # Telegram repeats an animation as a document for clients that do not know the former.
        document = {
            name: value for name, value in file.items() if name not in {"duration", "width", "height"}
        }
        return {"animation": file, "document": document}
    return {kind: file}


def _photo_sizes(stored: StoredFile, given: Mapping[str, Any]) -> list[JsonObject]:
    width, height = int(given.get("width", 1280)), int(given.get("height", 960))
    small = {
        "file_id": f"{stored.file_id}{SMALL_PHOTO}",
        "file_unique_id": f"{stored.file_unique_id}s",
        "width": 90,
        "height": max(1, 90 * height // max(1, width)),
        "file_size": min(stored.size, 1400),
    }
    large = {
        "file_id": stored.file_id,
        "file_unique_id": stored.file_unique_id,
        "width": width,
        "height": height,
        "file_size": stored.size,
    }
    return [small, large]
