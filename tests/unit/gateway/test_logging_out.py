"""The end of log-ins: refused at once, everywhere, as long as a token of theirs could count."""

import asyncio
from datetime import datetime, timedelta

import pytest

from libs.contracts.errors import DomainError, TransientError
from libs.runtime.clock import now
from services.gateway.adapters.broker_session_ends import read_session_ends
from services.gateway.adapters.jwt_tokens import JwtTokens
from services.gateway.domain import ended_sessions
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.ended_sessions import EndedSessions
from services.gateway.domain.refresh_tokens import Family
from services.gateway.use_cases.announced_families import AnnouncedFamilies
from services.gateway.use_cases.end_sessions import EndSessions
from services.gateway.use_cases.follow_session_ends import FollowSessionEnds
from services.gateway.use_cases.log_out import LogOut
from tests.unit.gateway.conftest import JWT_SECRET, Site
from tests.unit.gateway.fake_audit import RecordedAudit
from tests.unit.gateway.fake_ended_tokens import InMemoryEndedTokens
from tests.unit.gateway.fakes import Clock, InMemoryFamilies
from tests.unit.gateway.samples import ACCOUNT, ANA, BEN

LIFETIME = timedelta(minutes=15)


class World:
    """Two log-ins of Ana and one of Ben."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.ended = EndedSessions(LIFETIME, self.clock.now)
        self.told: list[list[str]] = []
        self.audit = RecordedAudit()
        self.store = InMemoryFamilies(self.clock)
        self.tokens = InMemoryEndedTokens()
        end = EndSessions(self.ended, self._announce)
        self.families = AnnouncedFamilies(self.store, end)
        self.log_out = LogOut(self.families, self.tokens, self.ended, end, self.audit)

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
    await world.log_out(world.caller("ana-1"), everywhere=False)
    assert [world.counts(one) for one in ("ana-1", "ana-2", "ben")] == [False, True, True]
    assert world.told == [["ana-1"]]
    family = await world.families.find("ana-1")
    assert family is not None
    assert family.revoked
    assert not await world.families.rotate(family, presented="digest")


async def test_everywhere_ends_all_of_the_person_and_nobody_else(world: World) -> None:
    await world.log_out(world.caller("ana-1"), everywhere=True)
    assert [world.counts(one) for one in ("ana-1", "ana-2", "ben")] == [False, False, True]
    assert world.told == [["ana-1", "ana-2", f"person:{ACCOUNT}:{ANA.id}"]]
    # A log-in that has ended ends no others, whoever has its token.
    with pytest.raises(DomainError):
        await world.log_out(world.caller("ana-1"), everywhere=True)
    assert world.told == [["ana-1", "ana-2", f"person:{ACCOUNT}:{ANA.id}"]]


async def test_a_token_that_names_no_log_in_ends_none(world: World) -> None:
    await world.log_out(world.caller(None), everywhere=False)
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


async def ends_at(ended: EndedSessions, session_id: str) -> None:
    """Wait until a replica refuses a log-in."""
    async with asyncio.timeout(5):
        while True:
            try:
                ended.check(session_id)
            except DomainError:
                return
            await asyncio.sleep(0)


class Reader:
    """Another replica, which nobody tells anything."""

    def __init__(self, world: World, *, every: float) -> None:
        self.ended = EndedSessions(LIFETIME, world.clock.now)
        self.reports: list[object] = []
        self.follow = FollowSessionEnds([world.store], self.ended, self._report, every=every)

    def _report(self, event: str, **details: object) -> None:
        self.reports.append((event, details))


async def test_a_replica_has_read_what_ended_before_it_starts(world: World) -> None:
    await world.families.revoke("ana-1")
    other = Reader(world, every=60)
    await other.follow.catch_up()
    with pytest.raises(DomainError):
        other.ended.check("ana-1")


async def test_a_replica_that_was_not_told_reads_it_within_seconds(world: World) -> None:
    other = Reader(world, every=0.01)
    cut: list[str] = []
    reading = asyncio.create_task(other.follow.run())
    with other.ended.watch("ana-1", lambda: cut.append("ana")):
        await world.families.revoke("ana-1")
        await ends_at(other.ended, "ana-1")
    reading.cancel()
    assert cut == ["ana"]


async def test_after_a_gap_it_reads_at_once(world: World) -> None:
    other = Reader(world, every=60)
    reading = asyncio.create_task(other.follow.run())
    await world.families.revoke("ana-1")
    other.follow.missed()
    await ends_at(other.ended, "ana-1")
    reading.cancel()


async def test_while_the_store_is_away_it_says_so_and_reads_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Reader(world, every=0.01)
    failures = [TransientError("unavailable", "away")]
    read = world.store.revoked_since

    async def sometimes(moment: datetime) -> list[str]:
        if failures:
            raise failures.pop()
        return await read(moment)

    monkeypatch.setattr(world.store, "revoked_since", sometimes)
    await world.store.revoke("ana-1")
    reading = asyncio.create_task(other.follow.run())
    await ends_at(other.ended, "ana-1")
    reading.cancel()
    assert other.reports == [("ended sessions not read", {"code": "unavailable"})]


async def test_announced_families_are_read_like_the_stored_ones(world: World) -> None:
    await world.families.revoke("ana-1")
    assert await world.families.revoked_since(world.ended.since) == ["ana-1"]


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


async def test_a_log_out_sent_again_with_its_key_is_done_and_ends_nothing_more(
    site: Site,
) -> None:
    caller = PersonCaller(ANA, now() + LIFETIME, "ana-1")
    token = JwtTokens(JWT_SECRET, "parley").for_person(caller, issued_at=now())

    async def log_out(key: str | None, body: dict[str, bool] | None = None) -> int:
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
        return (await site.client.post("/auth/logout", json=body, headers=headers)).status_code

    everywhere = {"everywhere": True}
    assert await log_out("first", everywhere) == 204
    site.ended.end(["ana-1"])
    assert await log_out("first", everywhere) == 204
    assert await log_out("another") == 204
    assert await log_out("third", everywhere) == 401
    assert await log_out("first") == 422
    assert await log_out(None) == 401
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "first"}
    assert (await site.client.get("/api/v1/conversations", headers=headers)).status_code == 401
