"""Loads, waiting work and presence: what the fake promises, MongoDB keeps, also with two at once."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

import pytest

from libs.contracts.assignment import AssignWaiting
from libs.contracts.base import SYSTEM
from libs.contracts.directory import Department
from libs.contracts.errors import TransientError
from libs.contracts.presence import Presence
from libs.runtime.clock import now
from libs.runtime.publisher import OutboxEntry, Publisher
from services.conversation.adapters.mongo_presence import MongoPresence
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.directory import Account
from services.conversation.domain.presence import PresenceLease
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.use_cases.assign_waiting import MOST, assign_waiting
from services.conversation.use_cases.ports import Call, Transaction
from tests.integration.conversation.repository import MongoRepository
from tests.integration.conversation.test_repositories import Repository
from tests.unit.conversation.making import ACCOUNT, conversation, moment, person

LATER = now() + timedelta(days=1)


def lease(
    name: str, state: Presence = Presence.ONLINE, lease_id: str = "g", until: Any = LATER
) -> PresenceLease:
    return PresenceLease(name, lease_id, state, until)


def handed_off(number: int, department: str | None = "IT", **parts: Any) -> Conversation:
    one = conversation(f"{number:04d}", session_id=f"tg:{number}", department=department, **parts)
    one.hand_off(SYSTEM, moment(number), reason="rule")
    return one


async def furnish(repository: Repository, *names: str, limit: int | None = 2) -> None:
    async def put(tx: Transaction) -> None:
        department = Department(id="IT", auto_assign=True, agent_limit=limit)
        await tx.put_account(Account(ACCOUNT, "Acme", (department, Department(id="HR"))))
        for name in names:
            await tx.put_person(person(name, "IT"))
            await tx.put_presence_lease(lease(name))

    await repository.transaction(ACCOUNT, put)


async def keep(repository: Repository, one: Conversation) -> None:
    await repository.transaction(ACCOUNT, lambda tx: tx.save(one))


async def found(repository: Repository, one: Conversation) -> Conversation:
    stored = await repository.conversations.find(ACCOUNT, one.id)
    assert stored is not None
    return stored


async def loads(repository: Repository) -> dict[str, int]:
    workers = await repository.transaction(ACCOUNT, lambda tx: tx.workers(now()))
    return {worker.person.id: worker.load for worker in workers}


async def test_loads_follow_whose_open_work_it_is(repository: Repository) -> None:
    await furnish(repository, "ana", "ben")
    one, two = handed_off(1), handed_off(2)
    one.assign(person("ana", "IT"), SYSTEM, moment(3))
    await keep(repository, one)
    await keep(repository, two)
    assert await loads(repository) == {"ana": 1, "ben": 0}
    two = await found(repository, two)
    two.assign(person("ana", "IT"), SYSTEM, moment(4))
    await keep(repository, two)
    assert await loads(repository) == {"ana": 2, "ben": 0}
    one = await found(repository, one)
    one.assign(person("ben", "IT"), SYSTEM, moment(5))
    await keep(repository, one)
    two = await found(repository, two)
    two.change_status(StatusCommand.RESOLVE, SYSTEM, moment(6))
    await keep(repository, two)
    assert await loads(repository) == {"ana": 0, "ben": 1}


async def test_what_waits_longest_comes_first(repository: Repository) -> None:
    await furnish(repository)
    for number in (3, 1, 2):
        await keep(repository, handed_off(number, "HR" if number == 1 else "IT"))
    await keep(repository, handed_off(0, None))
    await keep(repository, conversation("0009", session_id="tg:9", department="IT"))

    async def oldest(*departments: str | None) -> str | None:
        one = await repository.transaction(ACCOUNT, lambda tx: tx.oldest_waiting(departments))
        return one.session_id if one else None

    assert await oldest("IT") == "tg:2"
    assert await oldest("IT", "HR") == "tg:1"
    assert await oldest("IT", None) == "tg:0"
    assert await oldest("Ops") is None


async def test_a_limit_that_was_reached_is_not_passed(repository: Repository) -> None:
    await furnish(repository, "ana")
    one, two = handed_off(1), handed_off(2)
    await keep(repository, one)
    await keep(repository, two)

    async def assign(tx: Transaction, conversation_id: str) -> None:
        stored = await tx.conversation(conversation_id)
        assert stored is not None
        stored.assign(person("ana", "IT"), SYSTEM, moment(5))
        await tx.save_assigned(stored, 1)

    await repository.transaction(ACCOUNT, lambda tx: assign(tx, one.id))
    with pytest.raises(TransientError) as said:
        await repository.transaction(ACCOUNT, lambda tx: assign(tx, two.id))
    assert said.value.code == "conflict"
    assert ((await found(repository, two)).assignee_id, await loads(repository)) == (None, {"ana": 1})


async def test_leases_are_kept_found_and_forgotten(repository: Repository) -> None:
    moment_ = now().replace(microsecond=0)
    soon, gone = moment_ + timedelta(seconds=30), moment_ - timedelta(seconds=30)
    given = [lease("ana", until=soon), lease("ana", Presence.AWAY, "h", gone), lease("ben", until=gone)]

    async def put(tx: Transaction) -> None:
        await tx.put_presence_lease(lease("ana", Presence.AWAY, until=gone))
        for one in given:
            await tx.put_presence_lease(one)

    await repository.transaction(ACCOUNT, put)

    async def look(tx: Transaction) -> Any:
        ana = await tx.presence_leases("ana")
        expired = await tx.expired_presence(moment_, 9)
        return {one.lease_id for one in ana}, {(one.person_id, one.lease_id) for one in expired}

    assert await repository.transaction(ACCOUNT, look) == ({"g", "h"}, {("ana", "h"), ("ben", "g")})
    assert await repository.transaction("other", look) == (set(), set())
    assert list(await repository.presence.present(ACCOUNT, moment_)) == given[:1]
    await repository.transaction(ACCOUNT, lambda tx: tx.delete_presence_leases(given[1:]))
    assert await repository.transaction(ACCOUNT, look) == ({"g"}, set())


async def test_two_assigners_at_once_pass_no_limit_and_give_nothing_twice(mongo: MongoRepository) -> None:
    """One that was cut off and does not know it decides beside the one that took its place."""
    await furnish(mongo, "ana", "ben", limit=3)
    waiting = [handed_off(number) for number in range(MOST)]
    for one in waiting:
        await keep(mongo, one)
    command = AssignWaiting(actor=SYSTEM)

    async def assigner(number: int) -> None:
        while True:
            try:
                await mongo.transaction(
                    ACCOUNT, lambda tx: assign_waiting(command, Call(ACCOUNT, f"c{number}", now()), tx)
                )
            except TransientError:
                continue
            return

    await asyncio.gather(*(assigner(number) for number in range(4)))
    given = [(await found(mongo, one)).assignee_id for one in waiting]
    assert sorted(given[:6], key=str) == ["ana"] * 3 + ["ben"] * 3
    assert set(given[6:]) == {None}
    assert await loads(mongo) == {"ana": 3, "ben": 3}
    for one in waiting[:6]:
        events = await mongo.conversations.events_after(ACCOUNT, one.id, 0, 50)
        assert [event["type"] for event in events].count("conversation.assigned.v1") == 1


async def test_hands_and_assigners_at_once_count_right(mongo: MongoRepository) -> None:
    await furnish(mongo, "ana", limit=3)
    waiting = [handed_off(number) for number in range(6)]
    for one in waiting:
        await keep(mongo, one)

    async def again(work: Any) -> None:
        while True:
            try:
                await mongo.transaction(ACCOUNT, work)
            except TransientError:
                continue
            return

    async def by_hand(tx: Transaction, conversation_id: str) -> None:
        stored = await tx.conversation(conversation_id)
        assert stored is not None
        if stored.assign(person("ana", "IT"), SYSTEM, moment(9)):
            await tx.save(stored)

    async def assign(tx: Transaction) -> None:
        await assign_waiting(AssignWaiting(actor=SYSTEM), Call(ACCOUNT, "c", now()), tx)

    await asyncio.gather(
        *(again(lambda tx, one=one: by_hand(tx, one.id)) for one in waiting[4:]),
        *(again(assign) for _ in range(2)),
    )
    given = [(await found(mongo, one)).assignee_id for one in waiting]
    # By hand one goes past the limit; by itself nothing is added to that.
    assert given[4:] == ["ana", "ana"]
    assert (await loads(mongo))["ana"] == given.count("ana") <= 5


class Recorded:
    """Takes what is published."""

    def __init__(self) -> None:
        self.entries: list[OutboxEntry] = []

    async def publish_many(self, entries: Sequence[OutboxEntry]) -> list[bool]:
        self.entries += entries
        return [True] * len(entries)


async def test_leases_that_ran_out_are_told_to_their_accounts_once(mongo: MongoRepository) -> None:
    gone = now() - timedelta(seconds=5)
    for account, name, until in (("acme", "ana", gone), ("acme", "ben", gone), ("other", "cem", LATER)):
        one = lease(name, until=until)
        await mongo.transaction(account, lambda tx, one=one: tx.put_presence_lease(one))
    recorded = Recorded()
    presence = MongoPresence(mongo.store, cast("Publisher", recorded), 1.0)
    assert [await presence.publish_expired() for _ in range(2)] == [1, 1]
    assert {one.envelope.id for one in recorded.entries} == {recorded.entries[0].envelope.id}
    envelope = recorded.entries[0].envelope
    assert (envelope.accountid, envelope.type) == ("acme", "expire_presence.v1")
    assert recorded.entries[0].routing_key.endswith(".expire_presence.v1")
