"""Who is there: over several gateways, with leases that end by themselves."""

import pytest

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import RegisterPerson
from libs.contracts.errors import DomainError
from libs.contracts.people import DeletePerson
from libs.contracts.presence import ExpirePresence, GetPresence, Presence, PresenceChanged, ReportPresence
from libs.contracts.vocabulary import ActorKind, Role
from services.conversation.use_cases.delete_person import delete_person
from services.conversation.use_cases.expire_presence import expire_presence
from services.conversation.use_cases.get_presence import GetPresenceOfTeam
from services.conversation.use_cases.register_person import register_person
from services.conversation.use_cases.report_presence import report_presence
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ADMIN, agent, call, person

ANA = agent("ana", "IT")
ONLINE, AWAY, OFFLINE = Presence.ONLINE, Presence.AWAY, Presence.OFFLINE
EXPIRE = ExpirePresence(actor=SYSTEM)


async def report(
    world: World, state: Presence, lease: str = "g1", at: float = 0.0, actor: Actor = ANA
) -> Presence:
    command = ReportPresence(actor=actor, lease_id=lease, state=state, seconds=60)
    view = await world.do(report_presence, command, at)
    assert (view.person_id, view.departments) == ("ana", ("IT",))
    return Presence(view.state)


def told(world: World) -> list[Presence]:
    events = [one.message() for one in world.store.records.events]
    return [one.presence.state for one in events if isinstance(one, PresenceChanged)]


async def seen(world: World, at: float = 0.0, role: str = "agent") -> dict[str, Presence]:
    read = GetPresenceOfTeam(world.store.presence, world.store.directory)
    found = await read(GetPresence(person=person("ana", role=role)), call(at))
    return {one.person_id: one.state for one in found.items}


async def test_one_gateway_where_somebody_is_online_is_enough(world: World) -> None:
    assert await report(world, AWAY) is AWAY
    assert await report(world, ONLINE, "g2") is ONLINE
    assert await report(world, ONLINE) is ONLINE
    assert await report(world, OFFLINE, "g2") is ONLINE
    assert await report(world, AWAY) is AWAY
    assert await seen(world) == {"ana": AWAY}
    assert await report(world, OFFLINE) is OFFLINE
    assert await report(world, OFFLINE) is OFFLINE
    assert await seen(world) == {}
    assert told(world) == [AWAY, ONLINE, AWAY, OFFLINE]
    assert world.store.records.leases == {}


async def test_what_nobody_renews_ends_and_is_told_once(world: World) -> None:
    await report(world, ONLINE, "g1", 0)
    await report(world, AWAY, "g2", 30)
    await world.do(expire_presence, EXPIRE, 59)
    assert told(world) == [ONLINE]
    assert await seen(world, 61) == {"ana": AWAY}
    await world.do(expire_presence, EXPIRE, 61)
    await world.do(expire_presence, EXPIRE, 62)
    assert told(world) == [ONLINE, AWAY]
    assert await seen(world, 91) == {}
    await world.do(expire_presence, EXPIRE, 91)
    assert told(world) == [ONLINE, AWAY, OFFLINE]
    assert world.store.records.leases == {}


async def test_renewing_tells_nothing(world: World) -> None:
    for at in range(0, 200, 20):
        await report(world, ONLINE, at=at)
    assert told(world) == [ONLINE]


async def test_a_lease_beside_that_says_the_same_ends_unheard(world: World) -> None:
    await report(world, ONLINE, "g1", 0)
    await report(world, ONLINE, "g2", 30)
    await world.do(expire_presence, EXPIRE, 61)
    assert told(world) == [ONLINE]
    assert next(iter(world.store.records.leases.values())).lease_id == "g2"


async def test_who_is_removed_is_there_no_more(world: World) -> None:
    await report(world, ONLINE)
    del world.store.records.people["acme", "ana"]
    await world.do(expire_presence, EXPIRE, 61)
    assert (told(world), world.store.records.leases) == ([ONLINE], {})
    await world.do(register_person, RegisterPerson(actor=SYSTEM, person=person("ana", "IT")))
    await report(world, ONLINE)
    await world.do(delete_person, DeletePerson(actor=ADMIN, person_id="ana"))
    assert world.store.records.leases == {}
    with pytest.raises(DomainError) as said:
        await report(world, ONLINE)
    assert said.value.code == "not_found"


async def test_presence_is_the_teams(world: World) -> None:
    with pytest.raises(DomainError) as said:
        await report(world, ONLINE, actor=Actor(kind=ActorKind.USER, id="ana", role=Role.USER))
    assert said.value.code == "forbidden"
    with pytest.raises(DomainError) as said:
        await seen(world, role="user")
    assert said.value.code == "forbidden"
    with pytest.raises(DomainError) as said:
        await world.do(expire_presence, ExpirePresence(actor=ANA))
    assert said.value.code == "forbidden"
