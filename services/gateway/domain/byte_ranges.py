"""The Range header (RFC 9110, section 14): one part of a file. What is not understood is passed over."""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """`length` bytes from `start` on, of `size` altogether."""

    start: int
    length: int
    size: int

    @property
    def content_range(self) -> str:
        """As the header says it."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{self.size}"


class NoSuchPartError(Exception):
    """The file ends before the part begins (416)."""


def part_of(header: str | None, size: int) -> Part | None:
    """The part that is asked for; None for the whole. Raises NoSuchPartError."""
    found = _RANGE.fullmatch((header or "").strip())
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        if not length:
            raise NoSuchPartError
        return Part(size - length, length, size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise NoSuchPartError
    return Part(start, min(int(last) + 1 if last else size, size) - start, size)
