"""Who of the team is there. Gateways report leases; what nobody renews ends by itself.

The commands go to the account's partition.
"""

from enum import StrEnum

from pydantic import Field

from libs.contracts.base import Command, Contract, Event, Id, Name, Query
from libs.contracts.conversation import Person


class Presence(StrEnum):
    """Whether somebody can be given work: `online`; is there, but not for that: `away`; or is not."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


class ReportPresence(Command, type="report_presence.v1"):
    """How the actor is present at one gateway, for `seconds` from now on. `offline` ends the lease."""

    lease_id: Id
    state: Presence
    seconds: int = Field(ge=1, le=600)


class ExpirePresence(Command, type="expire_presence.v1"):
    """Some leases of the account have run out: tell who is not there any more."""


class PresenceView(Contract):
    """How somebody of the team is present, over all gateways."""

    person_id: Id
    name: Name = ""
    departments: tuple[Id, ...] = Field(default=(), max_length=64)
    state: Presence


class PresenceList(Contract):
    """The answer to GetPresence; who is not in it is offline."""

    items: tuple[PresenceView, ...]


class GetPresence(Query, type="get_presence.v1"):
    """Who of the team is online or away, in the order of their ids; `forbidden` for requesters."""

    person: Person


class PresenceChanged(Event, type="directory.presence_changed.v1"):
    """Somebody of the team came, went, or is away."""

    account_id: Id
    presence: PresenceView
