"""Tell the gateway what verifies a connection's webhooks."""

from libs.contracts.delivery import ConnectionSecrets, SealedConnection
from libs.contracts.delivery import GetConnection as GetConnectionQuery
from libs.contracts.errors import DomainError, ErrorCode
from services.delivery.use_cases.ports import Connections, Seals


class GetConnection:
    """Answers `get_connection.v1`. Asked before anybody is known, so by the connection's id alone; the answer
    is sealed for whoever holds the shared key.
    """

    def __init__(self, connections: Connections, seals: Seals) -> None:
        self._connections = connections
        self._seals = seals

    async def __call__(self, query: GetConnectionQuery) -> SealedConnection:
        """The connection. Raises DomainError `not_found`, TransientError."""
        connection = await self._connections.look_up(query.connection_id)
        if connection is None:
            raise DomainError(ErrorCode.NOT_FOUND, "there is no such connection")
        secrets = ConnectionSecrets(
            connection_id=connection.id,
            account_id=connection.account_id,
            chatbot_id=connection.chatbot_id,
            channel=connection.channel,
            status=connection.status,
            webhook_secret=connection.credentials.get("webhook_secret"),
            verify_token=connection.credentials.get("verify_token"),
            identity_secret=connection.credentials.get("identity_secret"),
            settings=dict(connection.settings),
        )
        plain = secrets.model_dump_json().encode()
        return SealedConnection(sealed=self._seals.seal(plain, context=f"connection:{connection.id}"))
