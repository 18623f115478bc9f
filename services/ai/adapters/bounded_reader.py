"""Files into Markdown: text in this process, HTML and PDF in one of their own with bounds."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Final

from services.ai.adapters.reading_child import LOCKED, UNREADABLE
from services.ai.domain.files import (
    FileFormat,
    FileText,
    InvalidDocument,
    decode,
    read_questions,
    read_text,
)

_ROOT: Final = Path(__file__).parents[3]
_REASONS: Final = {LOCKED: "the PDF is locked with a password", UNREADABLE: "the file cannot be read"}


class BoundedReader:
    """The port `FileReader`. At most ``at_once`` processes, each with ``seconds``."""

    def __init__(self, *, seconds: float = 25.0, at_once: int = 2) -> None:
        self._seconds = seconds
        self._free = asyncio.Semaphore(at_once)

    async def read(self, format: FileFormat, body: bytes) -> FileText:  # noqa: A002 - the contract's word
        """The file as Markdown. Raises InvalidDocument."""
        match format:
            case "markdown":
                return FileText(await asyncio.to_thread(decode, body))
            case "text":
                return await asyncio.to_thread(lambda: read_text(decode(body)))
            case "csv":
                return await asyncio.to_thread(lambda: read_questions(decode(body)))
            case "pdf" if b"%PDF-" not in body[:1024]:
                raise InvalidDocument("the file is no PDF")
        async with self._free:
            return await self._read_apart(format, body)

    async def _read_apart(self, kind: str, body: bytes) -> FileText:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.ai.adapters.reading_child",
            kind,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=_ROOT,
            env={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},  # no secret of ours goes along
        )
        try:
            async with asyncio.timeout(self._seconds):
                out, _ = await child.communicate(body)
        except TimeoutError as error:
            raise InvalidDocument("the file takes too long to read") from error
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode:
            raise InvalidDocument(_REASONS.get(child.returncode, "the file takes too much to read"))
        return FileText(**json.loads(out))
