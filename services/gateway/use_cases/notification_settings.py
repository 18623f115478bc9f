"""How a person wants to be told of handoffs: the notify service keeps it."""

from typing import Protocol

from libs.contracts.base import Actor
from libs.contracts.notification_settings import NotificationSettings


class SettingsOfPeople(Protocol):
    """What the notify service keeps. Both raise TransientError."""

    async def get(self, account_id: str, person_id: str) -> NotificationSettings:
        """A person's settings."""
        ...

    async def put(
        self,
        actor: Actor,
        settings: NotificationSettings,
        *,
        account_id: str,
        id: str,  # noqa: A002 - the envelope's attribute
    ) -> NotificationSettings:
        """The actor's own, from now on."""
        ...
