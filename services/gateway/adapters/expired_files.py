"""Removes uploaded files that no message has named in time."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from pymongo.errors import PyMongoError

from libs.contracts.errors import TransientError
from libs.runtime.blobs import Blobs
from libs.runtime.logs import get_logger

#: Seconds between two looks, and files of one look. Every replica looks; none minds the others.
_EVERY = 300.0
_AT_ONCE = 500
_log = get_logger("files")


class ExpiredFiles:
    """A worker."""

    def __init__(self, blobs: Blobs, now: Callable[[], datetime]) -> None:
        self._blobs = blobs
        self._now = now

    async def run(self) -> None:
        """Look, until cancelled."""
        while True:
            try:
                while await self._blobs.remove_expired(self._now(), limit=_AT_ONCE) == _AT_ONCE:
                    pass
            except (TransientError, PyMongoError) as error:
                _log.warning("expired files not removed", error_type=type(error).__name__)
            await asyncio.sleep(_EVERY)
