"""What the tests of this folder look with."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from tests.patience import PATIENCE


async def until(condition: Callable[[], bool], limit: float = 5.0) -> None:
    """Wait until a condition holds. TimeoutError after `limit` seconds of a quiet machine."""
    async with asyncio.timeout(limit * PATIENCE):
        while not condition():  # noqa: ASYNC110 - other processes set no Event
            await asyncio.sleep(0.02)


def is_empty(folder: Path) -> bool:
    """Whether nothing was written there."""
    return not any(folder.iterdir())


def processes_of(folder: Path) -> list[str]:
    """Processes, as "pid program", that have this folder in their environment, as all of a server's have."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if str(folder).encode() in (entry / "environ").read_bytes():
                found.append(f"{entry.name} {(entry / 'comm').read_text().strip()}")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # ended meanwhile, or not ours
    return found
