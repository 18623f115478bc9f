"""A file in `multipart/form-data`, read as it comes: it is never whole in memory, nor on a disk here."""

from collections import deque
from collections.abc import AsyncIterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.use_cases.upload_file import Upload

#: The one field there is.
FIELD = "file"
#: Bytes of a part's header: its field's and its file's name, and its type.
_MOST_HEADER = 8_192


async def uploaded_file(request: Request) -> Upload:
    """The file of a form with the one field `file`.

    Raises DomainError `unsupported_media_type` for another kind of body, `unreadable` for a broken one,
    `invalid` for a form with another field, with none or with more than one; the last three also while the
    stream is read.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise DomainError(
            ErrorCode.UNSUPPORTED_MEDIA_TYPE, f"The body has to be multipart/form-data with a field {FIELD}."
        )
    form = _Form(request, boundary)
    await form.to_first_part()
    return Upload(form.filename, form.content_type, form.content())


class _Form:
    """Feeds the parser from the request, and takes what it found."""

    def __init__(self, request: Request, boundary: bytes) -> None:
        self._stream = request.stream()
        self._found: deque[bytes] = deque()
        self._header: list[bytearray] = []
        self._headers: dict[str, bytes] = {}
        self._parts = 0
        self._in_part = self._ended = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_begin": self._begin_header,
                    "on_header_field": lambda data, start, end: self._add(0, data[start:end]),
                    "on_header_value": lambda data, start, end: self._add(1, data[start:end]),
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._begin_content,
                    "on_part_data": lambda data, start, end: self._found.append(data[start:end]),
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise _broken() from error
        self.filename: str | None = None
        self.content_type: str | None = None

    async def to_first_part(self) -> None:
        """Read up to the content of the file."""
        while not self._in_part and await self._feed():
            pass
        if not self._in_part:
            raise DomainError(ErrorCode.INVALID, f"The form has to have a field {FIELD}.")

    async def content(self) -> AsyncIterator[bytes]:
        """The file's bytes, to the very end of the form."""
        while True:
            while self._found:
                yield self._found.popleft()
            if not await self._feed():
                break
        if not self._ended:
            raise _broken()

    async def _feed(self) -> bool:
        """Give the parser the next piece; whether there was one."""
        try:
            piece = await anext(self._stream, None)
            if piece:
                self._parser.write(piece)
        except FormParserError as error:
            raise _broken() from error
        except ClientDisconnect as error:
            raise _broken() from error
        return piece is not None

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > 1:
            raise DomainError(ErrorCode.INVALID, f"The form has one field, {FIELD}, and one file.")

    def _begin_header(self) -> None:
        self._header = [bytearray(), bytearray()]

    def _add(self, which: int, data: bytes) -> None:
        self._header[which] += data
        if len(self._header[which]) > _MOST_HEADER:
            raise _broken()

    def _end_header(self) -> None:
        name, value = self._header
        self._headers[name.decode("latin-1").lower()] = bytes(value)

    def _begin_content(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition"))
        if options.get(b"name") != FIELD.encode():
            raise DomainError(ErrorCode.INVALID, f"The form has one field, {FIELD}, and one file.")
        name = options.get(b"filename")
        self.filename = name.decode(errors="replace") if name is not None else None
        self.content_type = self._headers.get("content-type", b"").decode("latin-1") or None
        self._in_part = True

    def _end(self) -> None:
        self._ended = True


def _broken() -> DomainError:
    return DomainError(ErrorCode.UNREADABLE, "The form cannot be read.")
