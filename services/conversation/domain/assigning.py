"""Automatic assignment: who gets what waits.

The oldest handoff first; of the agents of its department who are online, the one with the least open work;
nobody beyond the department's limit. Administrators get work of departments that they are in, and no other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from libs.contracts.conversation import Person
from libs.contracts.vocabulary import Role
from services.conversation.domain.directory import Account


@dataclass(frozen=True)
class Place:
    """A department where work is assigned by itself, or, without one, the account's common work. `limit`:
    open conversations that an agent may have; None: any number.
    """

    department: str | None
    limit: int | None


@dataclass(frozen=True)
class Worker:
    """Somebody who is online, and how many open conversations are theirs, in whichever department."""

    person: Person
    load: int


def places_of(account: Account) -> tuple[Place, ...]:
    """Where work is assigned by itself."""
    common = (Place(None, account.agent_limit),) if account.auto_assign else ()
    return common + tuple(Place(one.id, one.agent_limit) for one in account.departments if one.auto_assign)


def works_at(person: Person, place: Place) -> bool:
    """Whether somebody is given work of this place."""
    if not person.active:
        return False
    if place.department is None:
        return person.role == Role.AGENT
    return person.role in {Role.AGENT, Role.ADMIN} and place.department in person.departments


def with_room(places: Iterable[Place], workers: Sequence[Worker]) -> tuple[Place, ...]:
    """The places where somebody could take one more."""
    return tuple(place for place in places if choose(place, workers) is not None)


def choose(place: Place, workers: Sequence[Worker]) -> Worker | None:
    """Who gets the next conversation of a place; of several with the same load always the same one."""
    able = [
        worker
        for worker in workers
        if works_at(worker.person, place) and (place.limit is None or worker.load < place.limit)
    ]
    return min(able, key=lambda worker: (worker.load, worker.person.id), default=None)


def with_one_more(workers: Sequence[Worker], chosen: Worker) -> tuple[Worker, ...]:
    """The workers after one of them was given a conversation."""
    return tuple(replace(one, load=one.load + 1) if one is chosen else one for one in workers)
