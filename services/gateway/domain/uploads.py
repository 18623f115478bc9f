"""Which files are taken in, what they are called, and how they are shown."""

import re
import unicodedata

from libs.contracts.errors import DomainError, ErrorCode

#: What people may upload. Programs, scripts and what a browser would run as a page are none of it.
_TAKEN = frozenset(
    {
        "application/epub+zip",
        "application/gzip",
        "application/json",
        "application/msword",
        "application/pdf",
        "application/rtf",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.oasis.opendocument.presentation",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/x-7z-compressed",
        "application/x-tar",
        "application/zip",
        "text/calendar",
        "text/csv",
        "text/markdown",
        "text/plain",
        "text/vcard",
    }
)
#: What a browser may show by itself: it runs nothing of it.
_INLINE = frozenset(
    {
        "image/apng",
        "image/avif",
        "image/bmp",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/plain",
    }
)
_MEDIA = ("audio/", "video/")
_NOT_TAKEN = "image/svg+xml"
#: As a browser gets what it could run: nothing to guess from.
OPAQUE = "application/octet-stream"
_LONGEST_NAME = 255
_SEPARATORS = re.compile(r"[/\\]")


def check_taken(content_type: str) -> None:
    """Raise DomainError `unsupported_media_type` for a file that people may not upload."""
    media = content_type.startswith(("image/", *_MEDIA)) and content_type != _NOT_TAKEN
    if not media and content_type not in _TAKEN:
        raise DomainError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Files of this kind are not taken.")


def shown_inline(content_type: str) -> bool:
    """Whether a browser may show it by itself rather than save it."""
    return content_type in _INLINE or content_type.startswith(_MEDIA)


def served_type(content_type: str) -> str:
    """The content type that a download is given."""
    runs = content_type.startswith("text/") and content_type not in _TAKEN
    return OPAQUE if runs or "xml" in content_type.partition(";")[0].split("+")[-1] else content_type


def clean_filename(given: str | None) -> str | None:
    """The name without folders, and without characters that are invisible or turn the text around; None when
    nothing is left.
    """
    name = _SEPARATORS.split(given or "")[-1]
    visible = "".join(one for one in name if unicodedata.category(one)[0] != "C").strip()
    if len(visible) > _LONGEST_NAME:
        stem, dot, ending = visible.rpartition(".")
        ending = dot + ending if stem and len(ending) < 16 else ""
        visible = visible[: _LONGEST_NAME - len(ending)] + ending
    return visible if visible.strip(".") else None
