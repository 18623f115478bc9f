"""Find out whether a connection works: by hand, and by itself every few minutes."""

from datetime import timedelta

from libs.contracts.connections import CheckConnection as CheckConnectionCommand
from libs.contracts.connections import ConnectionChecked
from services.delivery.domain.administering import no_connection, require_admin, view_of, with_webhook
from services.delivery.domain.connection import Connection, ConnectionStatus
from services.delivery.domain.outcomes import Refused
from services.delivery.use_cases.announcing import Announcing
from services.delivery.use_cases.connecting import ready
from services.delivery.use_cases.connection_ports import Office
from services.delivery.use_cases.ports import NewId


class CheckConnection:
    """Takes `check_connection.v1`, and looks at connections whose turn it is.

    A platform that is only unreachable changes nothing: messages wait for it by themselves, and a connection
    in error would refuse them.
    """

    def __init__(self, office: Office, new_id: NewId) -> None:
        self._office = office
        self._announcing = Announcing(new_id)

    async def __call__(self, command: CheckConnectionCommand, *, account_id: str) -> ConnectionChecked:
        """What came of it. Raises DomainError `forbidden`, `not_found`."""
        require_admin(command.actor)
        connection = await self._office.connections.look_up(command.connection_id)
        if connection is None or connection.account_id != account_id:
            raise no_connection()
        return await self._check(connection)

    async def next_due(self, every: timedelta) -> bool:
        """Check one whose turn it is; False when there is none."""
        moment = self._office.now()
        connection = await self._office.lists.take_due(moment, moment + every)
        if connection is None:
            return False
        await self._check(connection)
        return True

    async def _check(self, connection: Connection) -> ConnectionChecked:
        office = self._office
        found, reason = await self._look(connection)
        if (found.status, found.reason) != (connection.status, connection.reason):
            event = self._announcing.changed(found, office.now())
            if await office.connections.break_off(found, event):
                office.log.warning(
                    "connection status changed",
                    connection_id=found.id,
                    status=found.status.value,
                    reason=found.reason,
                )
        return ConnectionChecked(
            works=found.usable and reason is None,
            reason=reason or found.reason,
            connection=view_of(found, office.public_url),
        )

    async def _look(self, connection: Connection) -> tuple[Connection, str | None]:
        """The connection with the status it deserves, and what is wrong for now."""
        if connection.status is ConnectionStatus.DISCONNECTED:
            return connection, ConnectionStatus.DISCONNECTED.value
        if connection.status is ConnectionStatus.ERROR:
            # What may have been mended meanwhile is set up from the beginning.
            return await ready(self._office, connection.connected({}), connection), None
        registrar = self._office.registrars.get(connection.channel)
        if registrar is None:
            return connection, None
        wrong = await registrar.check(with_webhook(connection, self._office.public_url))
        if isinstance(wrong, Refused):
            return connection.broken(wrong.code), None
        return connection, wrong.code if wrong else None
