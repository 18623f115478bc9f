"""How a person wants to be told of handoffs. Owned by the notify service."""

from libs.contracts.base import Command, Contract, Id, Query


class NotificationSettings(Contract):
    """`desktop`: show the browser's notification. `sound`: chime."""

    desktop: bool = True
    sound: bool = True


class SettingsOfPerson(NotificationSettings):
    """One person's choice, in a frame that many get."""

    person_id: Id


class GetNotificationSettings(Query, type="get_notification_settings.v1"):
    """A person's settings; those of somebody who never set any are all on."""

    person_id: Id


class PutNotificationSettings(Command, type="put_notification_settings.v1"):
    """The actor's own settings, from now on."""

    settings: NotificationSettings
