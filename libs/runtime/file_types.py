"""What a file really is: by its first bytes, never by its name or by what somebody says it is.

Names and claims only tell kinds of plain text apart, which no browser runs.
"""

import filetype

#: Bytes that are looked at.
HEAD = 8_192

UNKNOWN = "application/octet-stream"
PROGRAM = "application/x-executable"
_TEXTS = {
    "csv": "text/csv",
    "ics": "text/calendar",
    "json": "application/json",
    "md": "text/markdown",
    "vcf": "text/vcard",
}
_CLAIMS = frozenset(_TEXTS.values())
#: Programs that the library does not know: Mach-O in both orders and widths, and its universal form.
_PROGRAMS = tuple(
    bytes.fromhex(magic) for magic in ("feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe")
)
#: Bytes that no text has (of those below a space, tab, line feeds, form feed and escape are used in texts).
_NO_TEXT = frozenset(range(32)) - {9, 10, 12, 13, 27}
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


def content_type_of(head: bytes, *, filename: str | None = None, claimed: str | None = None) -> str:
    """The content type of a file that begins with `head`. Markup of every kind is told from plain text,
    because browsers would run it; what nobody knows is `application/octet-stream`.
    """
    head = head[:HEAD]
    if head.startswith(_PROGRAMS):
        return PROGRAM
    if head.startswith(b"#!"):
        return "text/x-shellscript"
    known = filetype.guess(head) if head else None
    if known is not None:
        return str(known.mime)
    if head.startswith(_BYTE_ORDER_MARKS):
        return _text_type(head[2:].replace(b"\0", b""), None, None)
    return _text_type(head.removeprefix(b"\xef\xbb\xbf"), filename, claimed) if _is_text(head) else UNKNOWN


def _is_text(head: bytes) -> bool:
    if _NO_TEXT & set(head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # A character may be cut in two where the head ends.
        return len(head) == HEAD and error.start > HEAD - 4
    return True


def _text_type(text: bytes, filename: str | None, claimed: str | None) -> str:
    start = text.lstrip().lower()
    if start.startswith(b"<"):
        if b"<svg" in start:
            return "image/svg+xml"
        return "application/xml" if start.startswith(b"<?xml") and b"<html" not in start else "text/html"
    ending = (filename or "").rpartition(".")[2].lower()
    if ending in _TEXTS:
        return _TEXTS[ending]
    plain = (claimed or "").partition(";")[0].strip().lower()
    return plain if plain in _CLAIMS else "text/plain"
