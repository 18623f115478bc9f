"""How each person wants to be told of handoffs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from libs.contracts.frames import Frame
from libs.contracts.notification_settings import (
    GetNotificationSettings,
    NotificationSettings,
    PutNotificationSettings,
    SettingsOfPerson,
)

#: What holds for whoever never chose.
DEFAULT = NotificationSettings()
#: Frames that tell each receiver how to show them.
TOLD = "handoff"


class SettingsOfPeople(Protocol):
    """The settings that people have chosen."""

    async def of(self, account_id: str, person_id: str) -> NotificationSettings | None:
        """One person's, if they chose any."""
        ...

    async def put(
        self, account_id: str, person_id: str, settings: NotificationSettings, given_at: datetime
    ) -> None:
        """Keep them, unless newer ones are kept already."""
        ...

    async def unusual(self, account_id: str) -> Mapping[str, NotificationSettings]:
        """Those of the account's people that are not the default."""
        ...


class KeepSettings:
    """Answers the query and the command."""

    def __init__(self, kept: SettingsOfPeople) -> None:
        self._kept = kept

    async def get(self, query: GetNotificationSettings, *, account_id: str) -> NotificationSettings:
        """A person's settings. Raises TransientError."""
        return await self._kept.of(account_id, query.person_id) or DEFAULT

    async def put(
        self, command: PutNotificationSettings, *, account_id: str, given_at: datetime
    ) -> NotificationSettings:
        """Keep the actor's own; a repeat changes nothing. Raises TransientError."""
        await self._kept.put(account_id, command.actor.id, command.settings, given_at)
        return command.settings


class AddSettings:
    """Puts the receivers' settings into frames that need them, so that each gateway finds them there."""

    def __init__(self, kept: SettingsOfPeople) -> None:
        self._kept = kept

    async def __call__(self, frame: Frame) -> Frame:
        """The frame, complete. Raises TransientError."""
        if frame.type != TOLD:
            return frame
        unusual = await self._kept.unusual(frame.account_id)
        chosen = tuple(
            SettingsOfPerson(person_id=person_id, desktop=settings.desktop, sound=settings.sound)
            for person_id, settings in unusual.items()
        )
        return frame.model_copy(update={"settings": chosen})
