"""A mail's JSON as it arrives, with the files taken out of it: what is left is small enough to be held.

The large strings at `Attachments[*].Content` (or `Data`) are given on decoded, piece by piece, and in the
JSON a mark stands in their place. The scanner only tells strings from everything else and counts brackets;
whether the rest is JSON, and a mail, is for whoever reads it afterwards.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.domain.base64_stream import Base64Stream

#: Bytes from which a file's string is taken out; a shorter one is as well decoded with the rest.
_TAKEN_OUT = 32_768
#: Bytes of any other string that are kept: more than a text may have (65,536 characters, eight times over,
#: each an escape of six bytes).
_LONGEST = 4_194_304
#: Bytes of the JSON that is left.
_MOST_LEFT = 16_777_216
_LONGEST_KEY = 64
#: How deep a file's string lies: the mail, its list of files, the file.
_FILES, _FILE = 2, 3

_STRUCTURE = re.compile(rb'["{}\[\],:]')
_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Begun:
    """A file begins; `mark` stands in its place."""

    mark: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of the file that began last."""

    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ended:
    """It is complete, or no base64 (`broken`)."""

    broken: bool


Step = Begun | Piece | Ended


class MailStream:
    """Feed it the body; then `rest` is the JSON without its files. `new_mark` gives what nobody can guess."""

    def __init__(self, new_mark: Callable[[], str]) -> None:
        self._new_mark = new_mark
        self._left = bytearray()
        self._late = b""
        self._depth = 0
        #: Of the outer levels: which bracket, and which member is being read.
        self._brackets = [b""] * (_FILE + 1)
        self._keys = [""] * (_FILE + 1)
        self._value = False
        self._inside = False
        self._string = bytearray()
        self._length = 0
        self._decoder: Base64Stream | None = None
        self._mark = ""

    def feed(self, chunk: bytes) -> list[Step]:
        """The next bytes; what of the files was in them. Raises DomainError `too_large`."""
        return list(self._steps(self._late + chunk))

    def rest(self) -> bytes:
        """The JSON that is left, after the last bytes."""
        if self._inside:
            self._left += self._string  # broken off: no JSON, which its reader says
        return bytes(self._left) + self._late

    def _steps(self, chunk: bytes) -> Iterator[Step]:
        self._late, place = b"", 0
        while place < len(chunk):
            if self._inside:
                match = _STRING.match(chunk, place)
                end = match.end() if match else place
                yield from self._more(chunk[place:end])
                if end < len(chunk) and chunk[end : end + 1] == b"\\":
                    self._late = b"\\"  # what it escapes is still on its way
                    return
                place = end + 1
                if end < len(chunk):
                    yield from self._close()
            else:
                found = _STRUCTURE.search(chunk, place)
                end = found.end() if found else len(chunk)
                self._keep(chunk[place:end])
                place = end
                if found:
                    self._structure(found.group())

    def _keep(self, piece: bytes | bytearray) -> None:
        if len(self._left) + len(piece) > _MOST_LEFT:
            raise DomainError(ErrorCode.TOO_LARGE, "The mail is too large without its files.")
        self._left += piece

    def _structure(self, sign: bytes) -> None:
        match sign:
            case b'"':
                self._inside, self._length = True, 0
            case b"{" | b"[":
                self._depth += 1
                if self._depth <= _FILE:
                    self._brackets[self._depth], self._keys[self._depth] = sign, ""
                self._value = sign == b"["
            case b"}" | b"]":
                self._depth = max(0, self._depth - 1)
            case b":":
                self._value = True
            case _:
                self._value = False

    def _is_file(self) -> bool:
        """Whether the string that is being read is the bytes of a file."""
        return (
            self._value
            and self._depth == _FILE
            and self._brackets[1:] == [b"{", b"[", b"{"]
            and self._keys[1] == "Attachments"
            and self._keys[_FILE] in {"Content", "Data"}
        )

    def _more(self, piece: bytes) -> Iterator[Step]:
        self._length += len(piece)
        if self._decoder is not None:
            if decoded := self._decoder.feed(piece):
                yield Piece(decoded)
            return
        if len(self._string) <= _LONGEST:
            self._string += piece
        if self._length > _TAKEN_OUT and self._is_file():
            self._decoder, self._mark = Base64Stream(), self._new_mark()
            yield Begun(self._mark)
            yield Piece(self._decoder.feed(bytes(self._string)))
            self._string.clear()

    def _close(self) -> Iterator[Step]:
        """The string is over."""
        if self._decoder is not None:
            yield Ended(self._decoder.broken)
            self._decoder = None
            self._string += self._mark.encode()
        elif self._length > _LONGEST:
            self._string = bytearray(_beginning(bytes(self._string[:_LONGEST])))
        elif not self._value and self._depth <= _FILE and len(self._string) <= _LONGEST_KEY:
            self._keys[self._depth] = _decoded(bytes(self._string))
        self._keep(self._string + b'"')
        self._string.clear()
        self._inside = False


def _beginning(raw: bytes) -> bytes:
    """A string that was cut, without what the cut left half of: a character or an escape."""
    for less in range(12):
        piece = raw[: len(raw) - less]
        try:
            json.loads(b'"' + piece + b'"')
        except ValueError:
            continue
        return piece
    return b""


def _decoded(raw: bytes) -> str:
    try:
        return str(json.loads(b'"' + raw + b'"'))
    except ValueError:
        return ""
