"""``parse_mode=MarkdownV2`` and the legacy ``Markdown``: what is reserved has its place or an escape."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from libs.standins.telegram.entities import (
    Entity,
    MarkedText,
    MarkupError,
    byte_offset,
    custom_emoji_entity,
    link_entity,
)

_RESERVED = frozenset("_*[]()~`>#+-=|{}.!\n")
_CODE_KINDS = frozenset({"Code", "Pre", "PreCode"})
# Telegram's names of the kinds, as its error texts print them, and their entity types.
_PLAIN_KINDS = {
    "Bold": "bold",
    "Italic": "italic",
    "Underline": "underline",
    "Strikethrough": "strikethrough",
    "Spoiler": "spoiler",
    "Code": "code",
    "Pre": "pre",
    "BlockQuote": "blockquote",
}
_ENDS = {
    "Bold": "*",
    "Italic": "_",
    "Underline": "__",
    "Strikethrough": "~",
    "Spoiler": "||",
    "Code": "`",
    "Pre": "```",
    "PreCode": "```",
    "TextUrl": "]",
    "CustomEmoji": "]",
}
# Longest first: `__` is not two italics.
_STARTS = (
    ("```", "Pre"),
    ("__", "Underline"),
    ("||", "Spoiler"),
    ("![", "CustomEmoji"),
    ("_", "Italic"),
    ("*", "Bold"),
    ("~", "Strikethrough"),
    ("`", "Code"),
    ("[", "TextUrl"),
)


@dataclass(slots=True)
class _Open:
    kind: str
    begin: int
    offset: int
    pieces: int
    language: str = ""


def parse_markdown_v2(text: str) -> tuple[str, list[Entity]]:
    """Return plain text and entities. Raises MarkupError in Telegram's words."""
    return _MarkdownReader(text).read()


def parse_markdown(text: str) -> tuple[str, list[Entity]]:
    """Parse the legacy mode: ``_``, ``*``, ``[`` and backticks, no nesting. Raises MarkupError."""
    marked = MarkedText()
    at = 0
    while at < len(text):
        character = text[at]
        if character == "\\" and text[at + 1 : at + 2] in {"_", "*", "`", "["}:
            marked.append(text[at + 1])
            at += 2
        elif character in "_*`[":
            at = _legacy_entity(text, at, marked)
        else:
            marked.append(character)
            at += 1
    return marked.finish()


def _legacy_entity(text: str, begin: int, marked: MarkedText) -> int:
    kind, end_mark = {
        "_": ("Italic", "_"),
        "*": ("Bold", "*"),
        "[": ("TextUrl", "]"),
        "`": ("Code", "`"),
    }[text[begin]]
    if text.startswith("```", begin):
        kind, end_mark = "Pre", "```"
    inner = begin + len(end_mark)
    end = text.find(end_mark, inner)
    if end < 0:
        raise MarkupError(f"Can't find end of the entity starting at byte offset {byte_offset(text, begin)}")
    offset, content = marked.offset, text[inner:end]
    after = end + len(end_mark)
    if kind != "TextUrl":
        marked.append(content)
        marked.close({"type": _PLAIN_KINDS[kind]}, offset)
        return after
    marked.append(content)
    close = text.find(")", after) if text.startswith("(", after) else -1
    marked.close(link_entity(text[after + 1 : close] if close >= 0 else content), offset)
    return close + 1 if close >= 0 else after


class _MarkdownReader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._marked = MarkedText()
        self._open: list[_Open] = []

    def read(self) -> tuple[str, list[Entity]]:
        text = self._text
        while self._at < len(text):
            character = text[self._at]
            escaped = text[self._at + 1 : self._at + 2]
            if character == "\\" and escaped and "\x00" < escaped <= "~":
                self._marked.append(escaped)
                self._at += 2
            elif character not in self._reserved():
                self._marked.append(character)
                self._at += 1
            elif self._ends_here(character):
                self._end()
            elif character == "\n":
                self._new_line()
            else:
                self._start(character)
        if self._open and self._open[-1].kind == "BlockQuote":
            self._close_quote("blockquote")
        if self._open:
            raise self._unended()
        return self._marked.finish()

    def _reserved(self) -> frozenset[str]:
        in_code = self._open and self._open[-1].kind in _CODE_KINDS
        return frozenset("`") if in_code else _RESERVED

    def _ends_here(self, character: str) -> bool:
        if not self._open or character == "\n":
            return False
        kind = self._open[-1].kind
        if kind == "BlockQuote":
            # `||` at the end of its last line makes a quotation expandable.
            return self._text.startswith("||", self._at) and self._text[self._at + 2 : self._at + 3] in {
                "",
                "\n",
            }
        if kind == "Italic" and self._text.startswith("__", self._at):
            return False
        return self._text.startswith(_ENDS[kind], self._at)

    def _end(self) -> None:
        if self._open[-1].kind == "BlockQuote":
            self._at += 2
            self._close_quote("expandable_blockquote")
            return
        opened = self._open.pop()
        self._at += len(_ENDS[opened.kind])
        self._marked.close(self._entity(opened), opened.offset)

    def _entity(self, opened: _Open) -> Entity | None:
        if opened.kind == "PreCode":
            return {"type": "pre", "language": opened.language}
        if opened.kind == "TextUrl":
            return link_entity(self._url("a URL") or self._marked.since(opened.pieces))
        if opened.kind == "CustomEmoji":
            parts = urlsplit(self._url("a custom emoji URL"))
            if parts.scheme != "tg" or parts.netloc != "emoji":
                raise MarkupError("Custom emoji entity must contain a tg://emoji URL")
            return custom_emoji_entity(parse_qs(parts.query).get("id", [""])[0])
        return {"type": _PLAIN_KINDS[opened.kind]}

    def _url(self, what: str) -> str:
        """Read ``(address)`` after a closing bracket; empty when there is none."""
        if not self._text.startswith("(", self._at):
            return ""
        begin = self._at = self._at + 1
        url = ""
        while self._at < len(self._text) and self._text[self._at] != ")":
            self._at += self._text[self._at] == "\\" and self._at + 1 < len(self._text)
            url += self._text[self._at]
            self._at += 1
        if self._at == len(self._text):
            raise MarkupError(f"Can't find end of {what} at byte offset {byte_offset(self._text, begin)}")
        self._at += 1
        return url

    def _new_line(self) -> None:
        quoted = any(opened.kind == "BlockQuote" for opened in self._open)
        goes_on = self._text.startswith(">", self._at + 1)
        if quoted and not goes_on:
            if self._open[-1].kind != "BlockQuote":
                raise self._unended()
            self._close_quote("blockquote")
        self._marked.append("\n")
        self._at += 1
        if goes_on and quoted:
            self._at += 1

    def _start(self, character: str) -> None:
        line_start = self._at == 0 or self._text[self._at - 1] == "\n"
        if line_start and self._text.startswith("**>", self._at):
            self._at += 2  # separates a quotation from the one before it
            character = ">"
        if character == ">" and line_start:
            self._push("BlockQuote", 1)
            return
        for mark, kind in _STARTS:
            if self._text.startswith(mark, self._at):
                self._push(kind, len(mark))
                if kind == "Pre":
                    self._language()
                return
        raise MarkupError(f"Character '{character}' is reserved and must be escaped with the preceding '\\'")

    def _push(self, kind: str, mark_length: int) -> None:
        self._open.append(_Open(kind, self._at, self._marked.offset, self._marked.piece_count))
        self._at += mark_length

    def _language(self) -> None:
        end = self._at
        while end < len(self._text) and not self._text[end].isspace() and self._text[end] != "`":
            end += 1
        if self._at < end < len(self._text) and self._text[end] != "`":
            self._open[-1].kind = "PreCode"
            self._open[-1].language = self._text[self._at : end]
            self._at = end
        if self._text.startswith(("\r\n", "\n\r"), self._at):
            self._at += 2
        elif self._text.startswith(("\n", "\r"), self._at):
            self._at += 1

    def _close_quote(self, entity_type: str) -> None:
        opened = self._open.pop()
        self._marked.close({"type": entity_type}, opened.offset)

    def _unended(self) -> MarkupError:
        opened = self._open[-1]
        where = byte_offset(self._text, opened.begin)
        return MarkupError(f"Can't find end of {opened.kind} entity at byte offset {where}")
