"""Markdown into its blocks: headings, paragraphs, list items, tables, code. Line by line, never failing."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from services.ai.domain.plain_text import plain_line, without_comments

BlockKind = Literal["heading", "paragraph", "item", "row", "code"]

_HEADING: Final = re.compile(r"^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE: Final = re.compile(r"^ {0,3}(=+|-{2,})[ \t]*$")
_RULE: Final = re.compile(r"^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_ITEM: Final = re.compile(r"^[ \t]*(?:[-*+]|(\d{1,9})[.)])[ \t]+(.*)$")
_FENCE: Final = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_TABLE_RULE: Final = re.compile(r"^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_QUOTE: Final = re.compile(r"^ {0,3}>[ \t]?")
_LONGEST_MARKED_LINE: Final = 1_000  # longer ones are running text: the patterns above must stay cheap


@dataclass(frozen=True, slots=True)
class Block:
    """One block as plain text; ``level`` is 1 to 6 for a heading, else 0."""

    kind: BlockKind
    text: str
    level: int = 0


class _Reader:
    """Collects lines into blocks; a block ends where the next one starts."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._kind: BlockKind = "paragraph"
        self._lines: list[str] = []
        self._marker = ""
        self._fence = ""

    def read(self, line: str) -> None:
        if self._fence:
            self._read_code(line)
            return
        line = _QUOTE.sub("", line)
        if not line.strip():
            self.end_block()
        elif fence := _FENCE.match(line):
            self.end_block()
            self._fence, self._kind = fence.group(1), "code"
        elif not self._read_structure(line):
            self._lines.append(plain_line(line))

    def _read_structure(self, line: str) -> bool:
        """Whether the line starts, ends or belongs to something other than running text."""
        if len(line) > _LONGEST_MARKED_LINE:
            return False
        if heading := _HEADING.match(line):
            self._add_heading(plain_line(heading.group(2) or ""), len(heading.group(1)))
        elif self._lines and self._kind == "paragraph" and (under := _UNDERLINE.match(line)):
            title = " ".join(self._lines)
            self._lines.clear()
            self._add_heading(title, 1 if under.group(1)[0] == "=" else 2)
        elif _RULE.match(line):
            self.end_block()
        elif item := _ITEM.match(line):
            self.end_block()
            self._kind = "item"
            self._marker = f"{item.group(1)}. " if item.group(1) else "- "
            self._lines.append(plain_line(item.group(2)))
        elif line.lstrip().startswith("|"):
            self._add_row(line)
        else:
            return False
        return True

    def _add_heading(self, text: str, level: int) -> None:
        self.end_block()
        if text:
            self.blocks.append(Block("heading", text, level))

    def _add_row(self, line: str) -> None:
        self.end_block()
        if not _TABLE_RULE.match(line):
            cells = [plain_line(cell) for cell in line.strip().strip("|").split("|")]
            text = " | ".join(cell for cell in cells if cell)
            if text:
                self.blocks.append(Block("row", text))

    def _read_code(self, line: str) -> None:
        closing = _FENCE.match(line)
        if closing and closing.group(1).startswith(self._fence) and not line.strip(" `~"):
            self._fence = ""
            self.end_block()
        else:
            self._lines.append(line.rstrip())

    def end_block(self) -> None:
        """Close what is open; blocks without text leave nothing."""
        separator = "\n" if self._kind == "code" else " "
        text = separator.join(line for line in self._lines if line.strip())
        if text:
            self.blocks.append(Block(self._kind, self._marker + text))
        self._lines.clear()
        self._kind, self._marker = "paragraph", ""


def read_blocks(markdown: str) -> list[Block]:
    """The blocks of ``markdown`` in order; list items keep their marker, table cells stand between bars."""
    reader = _Reader()
    for line in without_comments(markdown).replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        reader.read(line)
    reader.end_block()
    return reader.blocks
