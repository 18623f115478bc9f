"""The notify service's notification settings, over the broker."""

from libs.contracts import topology
from libs.contracts.base import Actor
from libs.contracts.notification_settings import (
    GetNotificationSettings,
    NotificationSettings,
    PutNotificationSettings,
)
from libs.runtime.rpc import RpcClient


class NotifySettings:
    """The port SettingsOfPeople."""

    def __init__(self, rpc: RpcClient) -> None:
        self._rpc = rpc

    async def get(self, account_id: str, person_id: str) -> NotificationSettings:
        """Asked."""
        return await self._rpc.ask(
            GetNotificationSettings(person_id=person_id),
            service="notify",
            account_id=account_id,
            answer=NotificationSettings,
        )

    async def put(
        self,
        actor: Actor,
        settings: NotificationSettings,
        *,
        account_id: str,
        id: str,  # noqa: A002 - the envelope's attribute
    ) -> NotificationSettings:
        """Commanded."""
        command = PutNotificationSettings(actor=actor, settings=settings)
        result = await self._rpc.command(
            command,
            exchange=topology.NOTIFY_COMMANDS,
            routing_key=command.type,
            account_id=account_id,
            id=id,
        )
        return NotificationSettings.model_validate(result)
