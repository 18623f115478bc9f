"""``parse_mode=HTML``: Telegram's subset of tags, strictly nested and closed."""

import re
from dataclasses import dataclass

from libs.standins.telegram.entities import (
    Entity,
    MarkedText,
    MarkupError,
    byte_offset,
    custom_emoji_entity,
    link_entity,
)

_PLAIN_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
}
_TAGS = frozenset(_PLAIN_TAGS) | {"a", "code", "pre", "blockquote", "tg-emoji"}
_SPECIAL = re.compile(r"[<&]")
_NAME_END = re.compile(r"[\s>]")
_ATTRIBUTE_NAME = re.compile(r"[^\s=>]*")
_SPACES = re.compile(r"\s*")
_TOKEN = re.compile(r"[A-Za-z0-9.-]*")
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,7})|#([0-9]{1,8})|(lt|gt|amp|quot)(?![A-Za-z]));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


@dataclass(slots=True)
class _Open:
    tag: str
    attributes: dict[str, str]
    offset: int
    pieces: int


def parse_html(text: str) -> tuple[str, list[Entity]]:
    """Return plain text and entities. Raises MarkupError in Telegram's words."""
    return _HtmlReader(text).read()


class _HtmlReader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._marked = MarkedText()
        self._open: list[_Open] = []

    def read(self) -> tuple[str, list[Entity]]:
        while (found := _SPECIAL.search(self._text, self._at)) is not None:
            if found.start() > self._at:
                self._marked.append(self._text[self._at : found.start()])
            self._at = found.start()
            if found[0] == "&":
                self._marked.append(self._reference())
            elif self._text.startswith("</", self._at):
                self._end_tag()
            else:
                self._start_tag()
        if self._at < len(self._text):
            self._marked.append(self._text[self._at :])
        if self._open:
            raise MarkupError(f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"')
        return self._marked.finish()

    def _reference(self) -> str:
        found = _REFERENCE.match(self._text, self._at)
        character = _referred(found) if found else ""
        if found is None or not character:
            self._at += 1
            return "&"
        self._at = found.end()
        return character

    def _start_tag(self) -> None:
        begin = self._at
        where = f"at byte offset {byte_offset(self._text, begin)}"
        end = _NAME_END.search(self._text, begin)
        if end is None:
            raise MarkupError(f"Unclosed start tag {where}")
        tag = self._text[begin + 1 : end.start()].lower()
        if tag not in _TAGS:
            raise MarkupError(f'Unsupported start tag "{tag}" {where}')
        self._at = end.start()
        attributes: dict[str, str] = {}
        while self._next() != ">":
            self._attribute(tag, attributes, where)
        self._at += 1
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise MarkupError(f'Tag "span" must have class "tg-spoiler" {where}')
        self._open.append(_Open(tag, attributes, self._marked.offset, self._marked.piece_count))

    def _next(self) -> str:
        """Skip white space and look at the next character; empty at the end."""
        self._at = _matched(_SPACES, self._text, self._at)
        return self._text[self._at : self._at + 1]

    def _attribute(self, tag: str, attributes: dict[str, str], where: str) -> None:
        end = _matched(_ATTRIBUTE_NAME, self._text, self._at)
        name, self._at = self._text[self._at : end], end
        if self._next() == "":
            raise MarkupError(f'Unclosed start tag "{tag}" {where}')
        if not name:
            raise MarkupError(f'Empty attribute name in the tag "{tag}" {where}')
        if self._next() != "=":
            if tag == "blockquote" and name == "expandable":
                attributes[name] = ""
                return
            raise MarkupError(
                f'Expected equal sign in declaration of an attribute of the tag "{tag}" {where}'
            )
        self._at += 1
        attributes[name] = self._value(tag, where)

    def _value(self, tag: str, where: str) -> str:
        quote = self._next()
        if quote == "":
            raise MarkupError(f'Unclosed start tag "{tag}" {where}')
        begin = self._at
        if quote in "'\"":
            end = self._text.find(quote, begin + 1)
            if end < 0:
                raise MarkupError(f"Unclosed start tag {where}")
            self._at = end + 1
            return _REFERENCE.sub(lambda found: _referred(found) or found[0], self._text[begin + 1 : end])
        self._at = _matched(_TOKEN, self._text, begin)
        if self._text[self._at : self._at + 1].strip() not in {"", ">"}:
            raise MarkupError(f"Unexpected end of name token at byte offset {byte_offset(self._text, begin)}")
        return self._text[begin : self._at].lower()

    def _end_tag(self) -> None:
        begin = self._at
        where = f"at byte offset {byte_offset(self._text, begin)}"
        if not self._open:
            raise MarkupError(f"Unexpected end tag {where}")
        end = _NAME_END.search(self._text, begin)
        tag = "" if end is None else self._text[begin + 2 : end.start()].lower()
        self._at = len(self._text) if end is None else end.start()
        if self._next() != ">":
            raise MarkupError(f"Unclosed end tag {where}")
        self._at += 1
        opened = self._open.pop()
        if tag and tag != opened.tag:
            raise MarkupError(f'Unmatched end tag {where}, expected "</{opened.tag}>", found "</{tag}>"')
        self._close(opened)

    def _close(self, opened: _Open) -> None:
        entity: Entity | None
        attributes = opened.attributes
        if opened.tag in _PLAIN_TAGS:
            entity = {"type": _PLAIN_TAGS[opened.tag]}
        elif opened.tag == "a":
            entity = link_entity(attributes.get("href") or self._marked.since(opened.pieces))
        elif opened.tag == "tg-emoji":
            entity = custom_emoji_entity(attributes.get("emoji-id", ""))
        elif opened.tag == "blockquote":
            entity = {"type": "expandable_blockquote" if "expandable" in attributes else "blockquote"}
        elif opened.tag == "pre":
            entity = {"type": "pre", **self._take_language(opened)}
        else:
            # The language of <pre><code class="language-x"> belongs to the pre around it.
            language = attributes.get("class", "")
            entity = {"type": "code"}
            if language.startswith("language-"):
                entity["language"] = language.removeprefix("language-")
        self._marked.close(entity, opened.offset)
        if not any(outer.tag == "pre" for outer in self._open):
            for closed in self._marked.entities:
                if closed["type"] == "code":
                    closed.pop("language", None)

    def _take_language(self, opened: _Open) -> Entity:
        inner = self._marked.entities[-1] if self._marked.entities else {}
        same = inner.get("offset") == opened.offset and (
            inner.get("length") == self._marked.offset - opened.offset
        )
        if same and inner.get("type") == "code" and "language" in inner:
            self._marked.entities.pop()
            return {"language": inner["language"]}
        return {}


def _matched(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return position if found is None else found.end()


def _referred(found: re.Match[str]) -> str:
    hexadecimal, decimal, named = found.groups()
    if named:
        return _NAMED[named]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code < 0x10FFFF and not 0xD800 <= code <= 0xDFFF else ""
