"""A process that reads one stranger's file and is then gone: `python -m …reading_child html|pdf`.

The file comes on standard input, the Markdown leaves as JSON on standard output. Memory and processor time
are bounded by the system: a file that wants more ends this process, not the service.
"""

import json
import logging
import resource
import sys
from io import BytesIO
from typing import Any, Final

from services.ai.domain.documents import MAX_DOCUMENT_CHARACTERS
from services.ai.domain.expressions import word_set
from services.ai.domain.files import escaped

_MEMORY: Final = 1024 * 1024 * 1024
_SECONDS: Final = 20
_MOST_PAGES: Final = 2_000
_LEFT_OUT: Final = [
    "script",
    "style",
    "noscript",
    "template",
    "nav",
    "footer",
    "aside",
    "form",
    "iframe",
    "svg",
    "button",
]
_HEADINGS: Final = {f"h{level}": "#" * level for level in range(1, 7)}
_BLOCKS: Final = word_set(
    """
        address article blockquote body dd details div dl dt fieldset figcaption figure header hr li main ol p
        pre section summary table tbody thead ul
    """
)
#: Exit codes beside 0: the parent tells people which.
LOCKED, UNREADABLE = 3, 4


def _html(body: bytes) -> dict[str, str]:
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - behind the limits

    tree = LexborHTMLParser(body)
    title = tree.css_first("title")
    tree.strip_tags(_LEFT_OUT)
    lines = _Lines()
    if tree.body is not None:
        lines.read(tree.body)
    lines.end()
    return {"title": " ".join(title.text().split()) if title else "", "markdown": "\n\n".join(lines.blocks)}


class _Lines:
    """Collects inline text into blocks of Markdown."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self._inline: list[str] = []
        self._mark = ""

    def read(self, node: Any) -> None:
        child = node.child
        while child is not None:
            self._read_one(child)
            child = child.next

    def _read_one(self, node: Any) -> None:
        tag = node.tag
        if tag == "-text":
            self._inline.append(node.text(deep=False) or "")
        elif tag in _HEADINGS:
            self.end()
            self._mark = f"{_HEADINGS[tag]} "
            self.read(node)
            self.end()
        elif tag == "tr":
            self.end()
            # A bar within a cell would end it.
            cells = [" ".join(cell.text().replace("|", "/").split()) for cell in node.css("th, td")]
            self.blocks.append(f"| {' | '.join(escaped(cell) for cell in cells)} |")
        elif tag in ("td", "th", "br"):
            self._inline.append(" ")
            self.read(node)
        elif tag in _BLOCKS:
            self.end()
            self._mark = "- " if tag == "li" else ""
            self.read(node)
            self.end()
        elif tag == "a":
            self._read_link(node)
        elif not tag.startswith(("-", "_", "!")):
            self.read(node)

    def _read_link(self, node: Any) -> None:
        label, target = " ".join(node.text().split()), node.attributes.get("href") or ""
        shown = target.startswith(("https://", "http://")) and label and target not in label
        self._inline.append(f"{label} ({target})" if shown else label)

    def end(self) -> None:
        text = " ".join("".join(self._inline).split())
        if text:
            self.blocks.append(self._mark + escaped(text))
        self._inline.clear()
        self._mark = ""


def _pdf(body: bytes) -> dict[str, str]:
    from pypdf import PdfReader  # noqa: PLC0415 - behind the limits

    logging.disable()
    reader = PdfReader(BytesIO(body))
    if reader.is_encrypted and not reader.decrypt(""):
        sys.exit(LOCKED)
    pages, size = [], 0
    for page in reader.pages[:_MOST_PAGES]:
        text = page.extract_text()
        pages.append("\n".join(escaped(line) for line in text.splitlines()))
        size += len(pages[-1])
        if size > MAX_DOCUMENT_CHARACTERS:
            break
    title = str(reader.metadata.title or "") if reader.metadata else ""
    return {"title": " ".join(title.split()), "markdown": "\n\n".join(pages)}


def main(kind: str) -> None:
    """Read, print, end."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    body = sys.stdin.buffer.read()
    try:
        found = {"html": _html, "pdf": _pdf}[kind](body)
    except Exception:  # noqa: BLE001 - whatever a parser stumbles over, the file is at fault
        sys.exit(UNREADABLE)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
