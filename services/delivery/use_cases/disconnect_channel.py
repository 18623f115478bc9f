"""End a connection."""

from dataclasses import replace

from libs.contracts.connections import ConnectionView
from libs.contracts.connections import DisconnectChannel as DisconnectChannelCommand
from services.delivery.domain.administering import no_connection, require_admin, view_of
from services.delivery.domain.connection import ConnectionStatus
from services.delivery.use_cases.announcing import Announcing
from services.delivery.use_cases.connection_ports import Office
from services.delivery.use_cases.ports import NewId


class DisconnectChannel:
    """Takes `disconnect_channel.v1`. A platform that cannot be told is only noted: without credentials its
    webhooks are refused, and nothing is sent to it any more.
    """

    def __init__(self, office: Office, new_id: NewId) -> None:
        self._office = office
        self._announcing = Announcing(new_id)

    async def __call__(
        self, command: DisconnectChannelCommand, *, account_id: str, command_id: str
    ) -> ConnectionView:
        """The connection as it is then. Raises DomainError `forbidden`, `not_found`."""
        office = self._office
        require_admin(command.actor)
        before = await office.connections.look_up(command.connection_id)
        if before is None or before.account_id != account_id:
            raise no_connection()
        registrar = office.registrars.get(before.channel)
        if registrar is not None and before.credentials:
            wrong = await registrar.disconnect(before)
            if wrong is not None:
                office.log.warning("platform not told", connection_id=before.id, code=wrong.code)
        ended = replace(
            before,
            version=command_id,
            credentials={},
            status=ConnectionStatus.DISCONNECTED,
            reason=None,
            generated=(),
        )
        await office.connections.save(
            ended, self._announcing.changed(ended, office.now()), command_id=command_id
        )
        return view_of(ended, office.public_url)
