"""Works off the jobs of files to be fetched."""

import asyncio

from pymongo.errors import PyMongoError

from libs.contracts.errors import TransientError
from libs.runtime.logs import get_logger
from services.delivery.use_cases.fetch_media import FetchMedia

#: Files that are fetched at once, and seconds between two looks for a job.
AT_ONCE = 4
_LOOK = 1.0
_log = get_logger("media")


class MediaWorker:
    """Some of these run in each replica."""

    def __init__(self, fetch: FetchMedia) -> None:
        self._fetch = fetch

    async def run(self) -> None:
        """Work, until cancelled."""
        while True:
            try:
                while await self._fetch.next_due():
                    pass
            except (TransientError, PyMongoError) as error:
                _log.warning("files not fetched for now", error_type=type(error).__name__)
            await asyncio.sleep(_LOOK)
