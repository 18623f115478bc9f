"""Give a connection another name, other settings or other credentials."""

from dataclasses import replace

from libs.contracts.connections import ChangeConnection as ChangeConnectionCommand
from libs.contracts.connections import ConnectionAnswer
from libs.contracts.errors import DomainError, ErrorCode
from services.delivery.domain.administering import no_connection, require_admin
from services.delivery.domain.connection import Connection, ConnectionStatus
from services.delivery.use_cases.announcing import Announcing
from services.delivery.use_cases.connecting import answer_of, given_credentials, ready
from services.delivery.use_cases.connection_ports import Office
from services.delivery.use_cases.ports import NewId


class ChangeConnection:
    """Takes `change_connection.v1`. What the platform refuses changes nothing: the old credentials go on."""

    def __init__(self, office: Office, new_id: NewId) -> None:
        self._office = office
        self._announcing = Announcing(new_id)

    async def __call__(
        self, command: ChangeConnectionCommand, *, account_id: str, command_id: str
    ) -> ConnectionAnswer:
        """The connection as it is then. Raises DomainError `forbidden`, `not_found`, `invalid` for
        credentials that cannot be read, `channel_refused` with the platform's reason.
        """
        office = self._office
        require_admin(command.actor)
        before = await office.connections.look_up(command.connection_id)
        if before is None or before.account_id != account_id:
            raise no_connection()
        changed = await self._changed(before, command, command_id)
        event = self._announcing.changed(changed, office.now())
        if await office.connections.save(changed, event, command_id=command_id):
            office.log.info("connection changed", connection_id=changed.id, status=changed.status.value)
            return answer_of(office, changed, command_id)
        kept = await office.connections.look_up(command.connection_id)
        return answer_of(office, kept or changed, command_id)

    async def _changed(
        self, before: Connection, command: ChangeConnectionCommand, command_id: str
    ) -> Connection:
        wanted = replace(
            before,
            version=command_id,
            name=before.name if command.name is None else command.name,
            settings=before.settings if command.settings is None else command.settings,
            credentials=given_credentials(command, self._office.seals) or before.credentials,
            status=ConnectionStatus.CONNECTED,
            reason=None,
            generated=(),
        )
        if command.settings is None and command.sealed_credentials is None:
            return replace(before, version=command_id, name=wanted.name, generated=())
        changed = await ready(self._office, wanted, before)
        if not changed.usable:
            raise DomainError(ErrorCode.CHANNEL_REFUSED, f"the platform refused: {changed.reason}")
        return changed
