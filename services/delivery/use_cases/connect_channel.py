"""Connect a channel of a chatbot, or replace its credentials."""

import json
from collections.abc import Mapping
from typing import Any

from libs.contracts.delivery import ConnectChannel as ConnectChannelCommand
from libs.contracts.errors import DomainError, ErrorCode, PermanentError
from libs.contracts.vocabulary import Channel as ChannelKind
from services.delivery.domain.connection import Connection, ConnectionStatus
from services.delivery.domain.outcomes import Refused
from services.delivery.use_cases.announcing import Announcing
from services.delivery.use_cases.ports import Channel, Connections, Log, NewId, Now, Seals

CREDENTIALS_MISSING = "credentials_missing"
CREDENTIALS_INVALID = "credentials_invalid"


class ConnectChannel:
    """Carries out `connect_channel.v1`.

    A platform that cannot be made ready leaves the connection with status `error` and the reason; whoever
    asked sees it and asks again. A channel without a module here (the widget) needs nothing.
    """

    def __init__(
        self,
        *,
        connections: Connections,
        channels: Mapping[ChannelKind, Channel],
        seals: Seals,
        log: Log,
        now: Now,
        new_id: NewId,
    ) -> None:
        self._connections = connections
        self._channels = channels
        self._seals = seals
        self._log = log
        self._now = now
        self._announcing = Announcing(new_id)

    async def __call__(self, command: ConnectChannelCommand, *, account_id: str, command_id: str) -> None:
        """Connect. Raises DomainError `not_found` for a connection of another account, `invalid` for
        credentials that cannot be read; TransientError while the store is away.
        """
        before = await self._connections.look_up(command.connection_id)
        if before is not None and before.account_id != account_id:
            raise DomainError(ErrorCode.NOT_FOUND, "there is no such connection")
        given = self._given(command)
        wanted = Connection(
            id=command.connection_id,
            account_id=account_id,
            chatbot_id=command.chatbot_id,
            channel=command.channel,
            version=command_id,
            name=command.name,
            settings=command.settings,
            credentials=given,
            status=ConnectionStatus.CONNECTED,
        )
        channel = self._channels.get(command.channel)
        connection = wanted if channel is None else await self._ready(channel, wanted, before)
        event = self._announcing.connection_changed(connection.id, account_id, self._now())
        if await self._connections.save(connection, event, command_id=command_id):
            self._log.info(
                "connection stored",
                connection_id=connection.id,
                channel=connection.channel.value,
                status=connection.status.value,
                reason=connection.reason,
            )

    def _given(self, command: ConnectChannelCommand) -> dict[str, str]:
        """The credentials of the command; none when it brings none."""
        if command.sealed_credentials is None:
            return {}
        try:
            plain = self._seals.open(command.sealed_credentials, context=f"connect:{command.connection_id}")
            given = json.loads(plain)
        except (PermanentError, ValueError) as error:
            raise DomainError(ErrorCode.INVALID, "the credentials cannot be read") from error
        if not isinstance(given, dict) or not all(_is_text(item) for item in given.items()):
            raise DomainError(ErrorCode.INVALID, "the credentials are not an object of texts")
        return given

    @staticmethod
    async def _ready(channel: Channel, wanted: Connection, before: Connection | None) -> Connection:
        known = before.credentials if before else {}
        given = wanted.credentials or known
        if not given:
            return wanted.broken(CREDENTIALS_MISSING)
        credentials = channel.complete(given, known)
        if credentials is None:
            return wanted.broken(CREDENTIALS_INVALID)
        complete = wanted.holding(credentials)
        found = await channel.connect(complete)
        return complete.broken(found.code) if isinstance(found, Refused) else complete.connected(found)


def _is_text(item: tuple[Any, Any]) -> bool:
    return isinstance(item[0], str) and isinstance(item[1], str)
