"""Files that people and bots sent: ids as Telegram gives them, contents for download. Bounded by bytes."""

import itertools
import secrets
from dataclasses import dataclass

MAX_SHELF_BYTES = 128 * 1_048_576
MAX_SHELF_FILES = 10_000
SMALL_PHOTO = "-s"
"""Ending of the id of a photo's smaller size; the stand-in keeps one content for both."""
MAX_DOWNLOAD_BYTES = 20 * 1_048_576
"""Larger files have an id but cannot be fetched by a bot."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file: ``size`` is what Telegram would report, also where ``content`` is shorter."""

    file_id: str
    file_unique_id: str
    path: str
    content: bytes
    size: int


class FileShelf:
    """The files of one bot; the oldest make room for the newest."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}
        self._bytes = 0
        self._numbers = itertools.count(1)
        # File ids differ from run to run, as no service may take them apart or guess them.
        self._prefix = secrets.token_hex(6)

    def put(self, kind: str, content: bytes, *, file_name: str = "", size: int | None = None) -> StoredFile:
        """Store a file under a new id. ``kind`` such as ``photo`` decides its folder."""
        number = next(self._numbers)
        extension = file_name.rpartition(".")[2] if "." in file_name else "bin"
        stored = StoredFile(
            file_id=f"{kind}-{self._prefix}-{number}",
            file_unique_id=f"u{self._prefix}{number}",
            path=f"{kind}s/file_{number}.{extension}",
            content=content,
            size=len(content) if size is None else size,
        )
        self._files[stored.file_id] = stored
        self._by_path[stored.path] = stored
        self._bytes += len(content)
        while self._bytes > MAX_SHELF_BYTES or len(self._files) > MAX_SHELF_FILES:
            oldest = self._files.pop(next(iter(self._files)))
            del self._by_path[oldest.path]
            self._bytes -= len(oldest.content)
        return stored

    def get(self, file_id: str) -> StoredFile | None:
        """Find a file by its id."""
        return self._files.get(file_id.removesuffix(SMALL_PHOTO))

    def at(self, path: str) -> StoredFile | None:
        """Find a file by the path that ``getFile`` gave."""
        return self._by_path.get(path)
