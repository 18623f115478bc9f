"""Markdown's inline marks out of a line: what remains is what a messenger shows and what an answer quotes."""

import html
import re
from typing import Final

# Repetitions are bounded, so that a megabyte of opening brackets is read in linear time.
_MARKED: Final = re.compile(r"[\\!\[<*_~`&]")
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_IMAGE: Final = re.compile(r"!\[([^\]\n]{0,200})\]\([^()\n]{0,2000}\)")
_LINK: Final = re.compile(r"\[([^\]\n]{1,200})\]\(\s{0,4}<?([^()<>\s]{1,2000})>?[^()\n]{0,500}\)")
_AUTOLINK: Final = re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,2000})>")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>\n]*>")
_STRONG: Final = re.compile(r"(\*\*|__|~~)(?=\S)([^\n]{1,500}?)(?<=\S)\1")
_EMPHASIS: Final = re.compile(r"(?<![\w*])([*_])(?=[^\s*_])([^\n*_]{1,1000}?)(?<=[^\s])\1(?![\w*])")
_CODE: Final = re.compile(r"(?<!`)(`{1,2})(?!`)([^\n]{1,1000}?)(?<!`)\1(?!`)")
_ESCAPED: Final = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|>~])")
# An escaped mark stands aside, as a character of private use, until the marks are gone.
_ASIDE: Final = 0xE000
_BACK: Final = {_ASIDE + ord(mark): mark for mark in r"\`*_{}[]()#+-.!|>~"}
_BLANKS: Final = re.compile(r"[ \t\u00a0]+")


def _link(match: re.Match[str]) -> str:
    label, target = match.group(1), match.group(2)
    if not target.startswith(("https://", "http://", "mailto:")):
        return label  # an address within the file's own site leads nowhere in a chat
    shown = target.removeprefix("mailto:")
    return label if shown == label else f"{label} ({shown})"


def without_comments(markdown: str) -> str:
    """The text without HTML comments, which writers use for notes to each other."""
    return _COMMENT.sub("", markdown)


def plain_line(markdown: str) -> str:
    """A line of Markdown as plain text: no marks, HTML or images; a link keeps its address in brackets."""
    if not _MARKED.search(markdown):
        return _BLANKS.sub(" ", markdown).strip()
    text = _ESCAPED.sub(lambda mark: chr(_ASIDE + ord(mark.group(1))), markdown)
    text = _IMAGE.sub(r"\1", text)
    text = _AUTOLINK.sub(r"\1", _LINK.sub(_link, text))
    text = _TAG.sub("", text)
    text = _CODE.sub(r"\2", text)
    text = _STRONG.sub(r"\2", text)
    text = _EMPHASIS.sub(r"\2", text)
    text = html.unescape(text.translate(_BACK))
    return _BLANKS.sub(" ", text).strip()
