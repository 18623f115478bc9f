"""The end of log-ins: refused at once, everywhere, as long as a token of theirs could count."""

from datetime import timedelta

import pytest

from libs.contracts.errors import DomainError
from services.gateway.adapters.broker_session_ends import read_session_ends
from services.gateway.domain import ended_sessions
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.ended_sessions import EndedSessions
from services.gateway.domain.refresh_tokens import Family
from services.gateway.use_cases.announced_families import AnnouncedFamilies, catch_up
from services.gateway.use_cases.log_out import LogOut
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.fakes import Clock, InMemoryFamilies
from tests.unit.gateway.samples import ACCOUNT, ANA, BEN

LIFETIME = timedelta(minutes=15)


class World:
    """Two log-ins of Ana and one of Ben."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.ended = EndedSessions(LIFETIME, self.clock.now)
        self.told: list[list[str]] = []
        self.store = InMemoryFamilies(self.clock)
        self.families = AnnouncedFamilies(self.store, self.ended, self._announce)

    async def _announce(self, session_ids: object) -> None:
        self.told.append(list(session_ids))  # type: ignore[call-overload] # a sequence

    async def start(self) -> None:
        later = self.clock.now() + timedelta(days=30)
        for name, person in (("ana-1", ANA), ("ana-2", ANA), ("ben", BEN)):
            await self.families.start(Family(name, person.id, ACCOUNT, "digest", later))

    def caller(self, session_id: str | None) -> PersonCaller:
        return PersonCaller(ANA, self.clock.now() + LIFETIME, session_id)

    def counts(self, session_id: str | None) -> bool:
        try:
            self.ended.check(session_id)
        except DomainError:
            return False
        return True


@pytest.fixture
async def world() -> World:
    made = World()
    await made.start()
    return made


async def test_a_log_out_ends_one_log_in_and_tells_the_other_replicas(world: World) -> None:
    await LogOut(world.families)(world.caller("ana-1"), everywhere=False)
    assert [world.counts(one) for one in ("ana-1", "ana-2", "ben")] == [False, True, True]
    assert world.told == [["ana-1"]]
    family = await world.families.find("ana-1")
    assert family is not None
    assert family.revoked
    assert not await world.families.rotate(family, presented="digest")


async def test_everywhere_ends_all_of_the_person_and_nobody_else(world: World) -> None:
    await LogOut(world.families)(world.caller("ana-1"), everywhere=True)
    assert [world.counts(one) for one in ("ana-1", "ana-2", "ben")] == [False, False, True]
    assert world.told == [["ana-1", "ana-2"]]
    await LogOut(world.families)(world.caller("ana-1"), everywhere=True)
    assert world.told == [["ana-1", "ana-2"]]


async def test_a_token_that_names_no_log_in_ends_none(world: World) -> None:
    await LogOut(world.families)(world.caller(None), everywhere=False)
    assert world.told == []
    assert world.counts(None)


async def test_sockets_of_the_log_in_are_cut_and_others_are_not(world: World) -> None:
    cut: list[str] = []
    with (
        world.ended.watch("ana-1", lambda: cut.append("first")),
        world.ended.watch("ana-1", lambda: cut.append("second")),
        world.ended.watch("ben", lambda: cut.append("ben")),
        world.ended.watch(None, lambda: cut.append("none")),
    ):
        world.ended.end(["ana-1"])
    assert sorted(cut) == ["first", "second"]
    world.ended.end(["ben"])
    assert len(cut) == 2
    with world.ended.watch("ben", lambda: cut.append("late")):
        assert cut[-1] == "late"


async def test_a_replica_that_did_not_listen_reads_what_ended_meanwhile(world: World) -> None:
    await world.families.revoke("ana-1")
    other = EndedSessions(LIFETIME, world.clock.now)
    await catch_up(world.families, other)
    with pytest.raises(DomainError):
        other.check("ana-1")


def test_what_ended_is_forgotten_when_no_token_of_it_can_count(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    ended = EndedSessions(LIFETIME, clock.now)
    ended.end([])
    ended.end(["old"])
    clock.pass_by(minutes=16)
    ended.end(["new"])
    ended.check("old")
    monkeypatch.setattr(ended_sessions, "MOST", 1)
    ended.end(["newest"])
    ended.check("new")
    with pytest.raises(DomainError):
        ended.check("newest")


def test_nonsense_ends_nothing() -> None:
    assert read_session_ends(b"{") == []
    assert read_session_ends(b'{"a": 1}') == []
    assert read_session_ends(b'["a", 1, null]') == ["a"]


async def test_over_http_a_token_counts_no_more_after_log_out(site: Site) -> None:
    token = site.token()
    headers = {"Authorization": f"Bearer {token}"}
    answer = await site.client.post("/auth/logout", json={"everywhere": True}, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await site.client.post("/auth/logout")).status_code == 401
