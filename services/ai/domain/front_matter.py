"""The few ``key: value`` lines that a Markdown file may start with."""

import re
from typing import Final

from services.ai.domain.documents import FrontMatter

_FENCE: Final = re.compile(r"\A\ufeff?---[ \t]*\n(.*?)(?:^---[ \t]*(?:\n|\Z))", re.DOTALL | re.MULTILINE)
_FIELD: Final = re.compile(r"^([A-Za-z_][\w-]*)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)


def split_front_matter(markdown: str) -> FrontMatter:
    """The fields (names in lower case, quotes around values removed) and the rest of the file.

    A file that starts with a rule and has no second one has no front matter. Anything but ``key: value``
    lines is left out: the fields are titles and switches, never nested data.
    """
    text = markdown.replace("\r\n", "\n").replace("\r", "\n")
    match = _FENCE.match(text)
    if match is None:
        return FrontMatter(body=text.removeprefix("\ufeff"))
    fields = {name.lower(): _unquoted(value) for name, value in _FIELD.findall(match.group(1))}
    return FrontMatter(body=text[match.end() :], fields=fields)


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
