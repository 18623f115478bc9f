"""Tell which connection reaches people on a channel of a chatbot."""

from libs.contracts.delivery import FindConnection as FindConnectionQuery
from libs.contracts.delivery import FoundConnection
from libs.contracts.errors import DomainError, ErrorCode
from services.delivery.use_cases.ports import Connections


class FindConnection:
    """Answers `find_connection.v1`, within the caller's account and without any secret."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def __call__(self, query: FindConnectionQuery, *, account_id: str) -> FoundConnection:
        """The connection. Raises DomainError `channel_not_connected` when none can be used."""
        for connection in await self._connections.of_chatbot(account_id, query.chatbot_id, query.channel):
            if connection.usable:
                return FoundConnection(connection_id=connection.id, name=connection.name)
        raise DomainError(ErrorCode.CHANNEL_NOT_CONNECTED, "the channel is not connected")
