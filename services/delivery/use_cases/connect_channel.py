"""Connect a channel of a chatbot, or replace all of a connection."""

from libs.contracts.connections import ConnectionAnswer
from libs.contracts.delivery import ConnectChannel as ConnectChannelCommand
from services.delivery.domain.administering import no_connection, require_admin
from services.delivery.domain.connection import Connection, ConnectionStatus
from services.delivery.use_cases.announcing import Announcing
from services.delivery.use_cases.connecting import answer_of, given_credentials, ready
from services.delivery.use_cases.connection_ports import Office
from services.delivery.use_cases.ports import NewId


class ConnectChannel:
    """Carries out `connect_channel.v1`.

    A platform that cannot be made ready leaves the connection with status `error` and the reason; whoever
    asked sees it and asks again.
    """

    def __init__(self, office: Office, new_id: NewId) -> None:
        self._office = office
        self._announcing = Announcing(new_id)

    async def __call__(
        self, command: ConnectChannelCommand, *, account_id: str, command_id: str
    ) -> ConnectionAnswer:
        """Connect. Raises DomainError `forbidden`, `not_found` for a connection of another account,
        `invalid` for credentials that cannot be read; TransientError while the store is away.
        """
        office = self._office
        require_admin(command.actor)
        before = await office.connections.look_up(command.connection_id)
        if before is not None and before.account_id != account_id:
            raise no_connection()
        wanted = Connection(
            id=command.connection_id,
            account_id=account_id,
            chatbot_id=command.chatbot_id,
            channel=command.channel,
            version=command_id,
            name=command.name,
            settings=command.settings,
            credentials=given_credentials(command, office.seals),
            status=ConnectionStatus.CONNECTED,
        )
        connection = await ready(office, wanted, before)
        event = self._announcing.changed(connection, office.now())
        if await office.connections.save(connection, event, command_id=command_id):
            office.log.info(
                "connection stored",
                connection_id=connection.id,
                channel=connection.channel.value,
                status=connection.status.value,
                reason=connection.reason,
            )
            return answer_of(office, connection, command_id)
        kept = await office.connections.look_up(command.connection_id)
        return answer_of(office, kept or connection, command_id)
