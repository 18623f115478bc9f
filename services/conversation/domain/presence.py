"""Whether somebody is there, from the leases that gateways keep for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from libs.contracts.conversation import Person
from libs.contracts.presence import Presence, PresenceView


@dataclass(frozen=True)
class PresenceLease:
    """How somebody is present at one gateway, until when."""

    person_id: str
    lease_id: str
    state: Presence
    until: datetime


def presence_of(leases: Iterable[PresenceLease], now: datetime | None = None) -> Presence:
    """One gateway where they are online is enough. With `now`, leases that have run out count no more."""
    states = {lease.state for lease in leases if now is None or lease.until > now}
    for state in (Presence.ONLINE, Presence.AWAY):
        if state in states:
            return state
    return Presence.OFFLINE


def presence_view(person: Person, state: Presence) -> PresenceView:
    """As the team sees it."""
    return PresenceView(person_id=person.id, name=person.name, departments=person.departments, state=state)
