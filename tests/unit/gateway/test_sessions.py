from datetime import timedelta

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.errors import DomainError, TransientError
from libs.contracts.gateway import RemoveCredentials, SetCredentials
from libs.runtime.ids import new_id
from services.gateway.adapters.jwt_tokens import JwtTokens
from services.gateway.domain.rate_limits import TokenBuckets
from services.gateway.domain.refresh_tokens import Family
from services.gateway.use_cases.log_in import LogIn
from services.gateway.use_cases.ports import Credential
from services.gateway.use_cases.refresh_session import RefreshSession
from services.gateway.use_cases.remove_credentials import RemoveCredentialsOfPerson
from services.gateway.use_cases.session_tokens import Session, SessionTokens
from services.gateway.use_cases.set_credentials import SetCredentialsOfPerson
from tests.unit.gateway.fake_audit import RecordedAudit
from tests.unit.gateway.fakes import (
    Clock,
    Directory,
    InMemoryCredentials,
    InMemoryFamilies,
    PlainPasswords,
)
from tests.unit.gateway.samples import ACCOUNT, ANA, BEN, WHEN


class World:
    """Log-in and refresh over the same fakes."""

    def __init__(self, *, per_address: int = 100, per_email: int = 100) -> None:
        self.clock = Clock()
        self.credentials = InMemoryCredentials()
        self.credentials.rows[ANA.id] = Credential(ANA.id, ACCOUNT, ANA.email, "hash:right", WHEN)
        self.families = InMemoryFamilies(self.clock)
        self.passwords = PlainPasswords()
        self.audit = RecordedAudit()
        self.people = Directory(ANA, BEN)
        tokens = SessionTokens(JwtTokens("s" * 32, "parley"), timedelta(minutes=15))
        self.log_in = LogIn(
            credentials=self.credentials,
            passwords=self.passwords,
            people=self.people,
            families=self.families,
            tokens=tokens,
            audit=self.audit,
            by_address=TokenBuckets(per_address, 60),
            by_email=TokenBuckets(per_email, 60),
            refresh_lifetime=timedelta(days=30),
            now=self.clock.now,
            new_id=new_id,
            clock=self.clock.seconds,
        )
        self.refresh = RefreshSession(
            families=self.families,
            people=self.people,
            tokens=tokens,
            pepper=b"pepper",
            refresh_lifetime=timedelta(days=30),
            now=self.clock.now,
        )

    async def logged_in(self) -> Session:
        return await self.log_in(ANA.email, "right", address="1.2.3.4")


async def refused(code: str, work: object) -> DomainError:
    with pytest.raises(DomainError) as error:
        await work  # type: ignore[misc] # a coroutine
    assert error.value.code == code
    return error.value


async def test_the_trail_knows_who_logged_in_and_whose_log_in_was_tried():
    world = World()
    await world.logged_in()
    await refused("unauthenticated", world.log_in(ANA.email, "wrong", address="1.2.3.4"))
    await refused("unauthenticated", world.log_in("nobody@example.org", "wrong", address="1.2.3.4"))
    assert world.audit.told == [(ANA.id, "log_in", None), (ANA.id, "log_in", "unauthenticated")]
    (family,) = world.families.rows
    assert world.audit.targets[0] == {"session": family}


async def test_the_right_password_gives_tokens_and_the_profile():
    session = await World().logged_in()
    assert session.person == ANA
    assert session.expires_in == 900


async def test_the_address_may_be_written_in_any_case():
    assert (await World().log_in("  ANA@Example.org ", "right", address="x")).person == ANA


async def test_a_wrong_password_and_an_unknown_address_are_refused_alike_and_both_checked():
    world = World()
    one = await refused("unauthenticated", world.log_in(ANA.email, "wrong", address="x"))
    other = await refused("unauthenticated", world.log_in("no@example.org", "wrong", address="x"))
    assert one.detail == other.detail
    assert world.passwords.checked == ["hash:right", None]


async def test_a_person_who_is_gone_is_refused_like_a_wrong_password():
    world = World()
    world.people.people.clear()
    error = await refused("unauthenticated", world.logged_in())
    assert error.detail == "Email address or password is wrong."


async def test_attempts_from_one_address_are_limited_and_told_when_to_come_back():
    world = World(per_address=2)
    for _ in range(2):
        await refused("unauthenticated", world.log_in("a@x", "wrong", address="9.9.9.9"))
    error = await refused("rate_limited", world.log_in("b@x", "wrong", address="9.9.9.9"))
    assert error.retry_after is not None
    assert 0 < error.retry_after <= 30
    await refused("unauthenticated", world.log_in("b@x", "wrong", address="8.8.8.8"))
    world.clock.pass_by(seconds=31)
    await refused("unauthenticated", world.log_in("b@x", "wrong", address="9.9.9.9"))


async def test_attempts_at_one_address_are_limited_from_wherever_they_come():
    world = World(per_email=1)
    await refused("unauthenticated", world.log_in(ANA.email, "wrong", address="1"))
    await refused("rate_limited", world.log_in(ANA.email.upper(), "right", address="2"))


async def test_a_refresh_token_gives_a_new_pair_with_the_profile_of_now():
    world = World()
    first = await world.logged_in()
    world.people.people[ANA.id] = ANA.model_copy(update={"departments": ("HR",)})
    second = await world.refresh(first.refresh_token)
    assert second.refresh_token != first.refresh_token
    assert second.person.departments == ("HR",)
    third = await world.refresh(second.refresh_token)
    assert third.person.id == ANA.id


async def test_a_used_refresh_token_ends_its_whole_family():
    world = World()
    first = await world.logged_in()
    second = await world.refresh(first.refresh_token)
    await refused("unauthenticated", world.refresh(first.refresh_token))
    await refused("unauthenticated", world.refresh(second.refresh_token))


async def test_the_same_request_gets_the_same_answer():
    world = World()
    first = await world.logged_in()
    answer = await world.refresh(first.refresh_token, idempotency_key="key-1")
    world.clock.pass_by(minutes=5)
    assert await world.refresh(first.refresh_token, idempotency_key="key-1") == answer
    await world.refresh(answer.refresh_token)


@pytest.mark.parametrize("key", [None, "key-2"])
async def test_another_request_with_a_used_token_is_reuse(key: str | None):
    world = World()
    first = await world.logged_in()
    answer = await world.refresh(first.refresh_token, idempotency_key="key-1")
    await refused("unauthenticated", world.refresh(first.refresh_token, idempotency_key=key))
    await refused("unauthenticated", world.refresh(answer.refresh_token))


async def test_the_same_request_a_day_later_is_reuse():
    world = World()
    first = await world.logged_in()
    await world.refresh(first.refresh_token, idempotency_key="key-1")
    world.clock.pass_by(days=1)
    await refused("unauthenticated", world.refresh(first.refresh_token, idempotency_key="key-1"))


@pytest.mark.parametrize("token", ["", "x", ".", "family.", ".secret", "nobody.secret", "a.b.c"])
async def test_what_is_no_refresh_token_is_refused(token: str):
    await refused("unauthenticated", World().refresh(token))


async def test_a_made_up_secret_ends_the_family_it_was_tried_on():
    world = World()
    first = await world.logged_in()
    family = first.refresh_token.partition(".")[0]
    await refused("unauthenticated", world.refresh(f"{family}.guess"))
    await refused("unauthenticated", world.refresh(first.refresh_token))


async def test_a_refresh_token_ends_after_its_days():
    world = World()
    first = await world.logged_in()
    world.clock.pass_by(days=30)
    await refused("unauthenticated", world.refresh(first.refresh_token))


async def test_a_person_who_is_inactive_neither_logs_in_nor_refreshes():
    world = World()
    first = await world.logged_in()
    world.people.people[ANA.id] = ANA.model_copy(update={"active": False})
    error = await refused("unauthenticated", world.logged_in())
    assert error.detail == "Email address or password is wrong."
    await refused("unauthenticated", world.refresh(first.refresh_token))
    world.people.people[ANA.id] = ANA
    await refused("unauthenticated", world.refresh(first.refresh_token))
    await world.logged_in()


@pytest.mark.parametrize("change", ["inactive", "gone", "another password", "no password"])
async def test_what_changes_while_somebody_logs_in_ends_that_log_in_too(change: str):
    """Whoever changed it has looked for log-ins before this one was there."""
    world = World()
    start = world.families.start

    async def meanwhile(family: Family) -> None:
        if change == "inactive":
            world.people.people[ANA.id] = ANA.model_copy(update={"active": False})
        elif change == "gone":
            world.people.people.clear()
        elif change == "another password":
            command = set_command(ANA.id, ANA.email, "new")
            setting = SetCredentialsOfPerson(world.credentials, world.families)
            await setting(command, account_id=ACCOUNT, given_at=WHEN)
        else:
            await world.credentials.remove(ANA.id, ACCOUNT)
        await world.families.revoke_person(ANA.id, ACCOUNT)
        await start(family)

    world.families.start = meanwhile  # type: ignore[method-assign] # the other's turn comes in between
    await refused("unauthenticated", world.logged_in())
    assert [family.revoked for family in world.families.rows.values()] == [True]
    assert world.audit.told == [(ANA.id, "log_in", "unauthenticated")]


async def test_who_lost_a_department_while_logging_in_has_a_token_without_it():
    world = World()
    start = world.families.start

    async def meanwhile(family: Family) -> None:
        world.people.people[ANA.id] = ANA.model_copy(update={"departments": ()})
        await start(family)

    world.families.start = meanwhile  # type: ignore[method-assign] # the other's turn comes in between
    assert (await world.logged_in()).person.departments == ()


async def test_a_person_who_is_gone_cannot_refresh():
    world = World()
    first = await world.logged_in()
    world.people.people.clear()
    await refused("unauthenticated", world.refresh(first.refresh_token))


async def test_nothing_is_used_up_while_the_directory_is_away():
    world = World()
    first = await world.logged_in()
    world.people.away = True
    with pytest.raises(TransientError):
        await world.refresh(first.refresh_token)
    world.people.away = False
    await world.refresh(first.refresh_token)


def set_command(person_id: str, email: str, password: str) -> SetCredentials:
    return SetCredentials(actor=SYSTEM, person_id=person_id, email=email, password_hash=f"hash:{password}")


async def test_a_new_password_ends_the_sessions_of_the_old_one():
    world = World()
    first = await world.logged_in()
    use_case = SetCredentialsOfPerson(world.credentials, world.families)
    await use_case(set_command(ANA.id, ANA.email, "new"), account_id=ACCOUNT, given_at=WHEN)
    await refused("unauthenticated", world.refresh(first.refresh_token))
    assert (await world.log_in(ANA.email, "new", address="x")).person == ANA


async def test_the_same_credentials_again_end_nothing():
    world = World()
    first = await world.logged_in()
    use_case = SetCredentialsOfPerson(world.credentials, world.families)
    await use_case(set_command(ANA.id, "Ana@Example.org", "right"), account_id=ACCOUNT, given_at=WHEN)
    await world.refresh(first.refresh_token)


async def test_an_older_command_that_comes_later_changes_nothing():
    world = World()
    use_case = SetCredentialsOfPerson(world.credentials, world.families)
    earlier = WHEN - timedelta(seconds=1)
    await use_case(set_command(ANA.id, ANA.email, "old"), account_id=ACCOUNT, given_at=earlier)
    assert (await world.logged_in()).person == ANA


async def test_an_address_belongs_to_one_person():
    world = World()
    use_case = SetCredentialsOfPerson(world.credentials, world.families)
    await refused(
        "conflict", use_case(set_command(BEN.id, ANA.email, "x"), account_id=ACCOUNT, given_at=WHEN)
    )


async def test_who_is_removed_cannot_log_in_and_is_logged_out():
    world = World()
    first = await world.logged_in()
    use_case = RemoveCredentialsOfPerson(world.credentials, world.families)
    command = RemoveCredentials(actor=SYSTEM, person_id=ANA.id)
    await use_case(command, account_id="acc-else")
    renewed = await world.refresh(first.refresh_token)
    for _ in range(2):
        await use_case(command, account_id=ACCOUNT)
    await refused("unauthenticated", world.refresh(renewed.refresh_token))
    await refused("unauthenticated", world.log_in(ANA.email, "right", address="x"))


def test_a_bucket_refills_and_the_oldest_key_is_forgotten():
    buckets = TokenBuckets(burst=1, seconds=10, most_keys=2)
    assert buckets.take("a", 0.0) == 0
    assert buckets.take("a", 1.0) == pytest.approx(9.0)
    assert buckets.take("a", 10.0) == 0
    buckets.take("b", 10.0)
    buckets.take("c", 10.0)
    assert buckets.take("a", 10.0) == 0
