"""Checks connections by themselves, and seals their credentials anew after the key was replaced."""

import asyncio
from datetime import timedelta

from pymongo.errors import PyMongoError

from libs.contracts.errors import TransientError
from libs.runtime.logs import get_logger
from services.delivery.adapters.mongo_connections import MongoConnections
from services.delivery.use_cases.check_connection import CheckConnection

#: Seconds between two looks for connections that are due.
_LOOK = 5.0
_log = get_logger("connections")


class ConnectionWatch:
    """A worker; replicas share the connections, as each is taken by one of them. `every` is in seconds."""

    def __init__(self, check: CheckConnection, connections: MongoConnections, *, every: float) -> None:
        self._check = check
        self._connections = connections
        self._every = timedelta(seconds=every)

    async def run(self) -> None:
        """Look, until cancelled."""
        while True:
            try:
                while await self._connections.reseal_one():
                    pass
                while await self._check.next_due(self._every):
                    pass
            except (TransientError, PyMongoError) as error:
                _log.warning("connections not looked at", error_type=type(error).__name__)
            await asyncio.sleep(_LOOK)
