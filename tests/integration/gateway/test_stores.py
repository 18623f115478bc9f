"""One suite for the fakes and for MongoDB: what the unit tests stand on holds for the real stores."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from libs.contracts.base import Fault
from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import FaultKind
from libs.runtime.clock import now
from libs.runtime.crypto import SealedBox
from libs.runtime.mongo import Store
from services.gateway.adapters import mongo_answers, mongo_credentials, mongo_families
from services.gateway.adapters.mongo_answers import MongoAnswers
from services.gateway.adapters.mongo_credentials import MongoCredentials
from services.gateway.adapters.mongo_families import MongoFamilies
from services.gateway.domain.refresh_tokens import Family
from services.gateway.use_cases.ports import Answer, Answers, Credential, Credentials, Families
from tests.unit.gateway.conftest import RealClock
from tests.unit.gateway.fakes import InMemoryAnswers, InMemoryCredentials, InMemoryFamilies


@pytest.fixture(scope="module")
async def store(mongodb_url: str, module_database_prefix: str) -> AsyncIterator[Store]:
    made = Store(mongodb_url, f"{module_database_prefix}_gateway")
    await made.ensure_indexes(
        {**mongo_credentials.INDEXES, **mongo_families.INDEXES, **mongo_answers.INDEXES}
    )
    yield made
    made.close()


@pytest.fixture(autouse=True)
async def _empty(store: Store) -> None:
    for collection in (mongo_credentials.COLLECTION, mongo_families.COLLECTION, mongo_answers.COLLECTION):
        await store.database[collection].delete_many({})


@pytest.fixture(params=["memory", "mongo"])
def credentials(request: pytest.FixtureRequest, store: Store) -> Credentials:
    return InMemoryCredentials() if request.param == "memory" else MongoCredentials(store)


@pytest.fixture(params=["memory", "mongo"])
def families(request: pytest.FixtureRequest, store: Store) -> Families:
    return InMemoryFamilies(RealClock()) if request.param == "memory" else MongoFamilies(store)


@pytest.fixture(params=["memory", "mongo"])
def answers(request: pytest.FixtureRequest, store: Store) -> Answers:
    return InMemoryAnswers() if request.param == "memory" else MongoAnswers(store, SealedBox(b"k" * 32))


def credential(person_id: str = "p1") -> Credential:
    return Credential(person_id, "acc", "a@x", "h1", now())


async def test_a_credential_is_found_by_its_address(credentials: Credentials):
    wanted = credential()
    assert await credentials.set(wanted) is False
    assert await credentials.find("a@x") == wanted
    assert await credentials.find("b@x") is None


async def test_only_another_password_is_a_change(credentials: Credentials):
    first = credential()
    await credentials.set(first)
    assert await credentials.set(replace(first, email="b@x")) is False
    assert await credentials.set(replace(first, password_hash="h2")) is True
    found = await credentials.find("a@x")
    assert found is not None
    assert found.password_hash == "h2"


async def test_an_older_credential_is_left_out(credentials: Credentials):
    newer = credential()
    await credentials.set(newer)
    older = replace(newer, password_hash="old", set_at=newer.set_at - timedelta(seconds=1))
    assert await credentials.set(older) is False
    assert await credentials.find("a@x") == newer


async def test_an_address_belongs_to_one_person(credentials: Credentials):
    await credentials.set(credential())
    with pytest.raises(DomainError) as refused:
        await credentials.set(credential("p2"))
    assert refused.value.code == "conflict"


async def test_a_credential_gets_another_address_and_goes(credentials: Credentials):
    await credentials.set(credential())
    await credentials.set(replace(credential("p2"), email="b@x"))
    assert await credentials.readdress("p1", "other", "c@x") is None
    assert await credentials.readdress("p1", "acc", "c@x") == "a@x"
    assert await credentials.find("a@x") is None
    with pytest.raises(DomainError) as refused:
        await credentials.readdress("p1", "acc", "b@x")
    assert refused.value.code == "conflict"
    await credentials.remove("p1", "other")
    assert await credentials.find("c@x") is not None
    await credentials.remove("p1", "acc")
    assert await credentials.find("c@x") is None


def family(**changes: object) -> Family:
    base = Family("f1", "p1", "acc", "secret-1", now() + timedelta(days=1))
    return replace(base, **changes)  # type: ignore[arg-type] # test shorthand


async def test_a_secret_is_replaced_once(families: Families):
    await families.start(family())
    rotated = family(current="secret-2", previous="secret-1", request="r", rotated_at=now())
    results = await asyncio.gather(*(families.rotate(rotated, presented="secret-1") for _ in range(5)))
    assert sorted(results) == [False] * 4 + [True]
    assert await families.find("f1") == rotated


async def test_what_is_revoked_or_over_is_not_replaced(families: Families):
    await families.start(family())
    await families.start(family(id="f2", expires_at=now() - timedelta(seconds=1)))
    await families.start(family(id="f3", person_id="p2"))
    await families.start(family(id="f5", person_id="p2", account_id="another"))
    await families.revoke("f1")
    assert not await families.rotate(family(current="x"), presented="secret-1")
    assert not await families.rotate(family(id="f2", current="x"), presented="secret-1")
    assert await families.revoke_person("p2", "acc") == ["f3"]
    third = await families.find("f3")
    assert third is not None
    assert third.revoked
    assert await families.find("f4") is None


async def test_the_first_answer_is_the_answer(answers: Answers):
    assert (await answers.begin("r1", "body")).answer is None
    first = Answer(body={"n": 1})
    given = await asyncio.gather(answers.finish("r1", first), answers.finish("r1", Answer(body={"n": 2})))
    assert given[0] == given[1]
    kept = await answers.begin("r1", "other")
    assert (kept.fingerprint, kept.answer) == ("body", given[0])


async def test_a_refusal_is_kept_whole(answers: Answers):
    fault = Fault(kind=FaultKind.DOMAIN, code="conflict", detail="no", conversation_id="c", retry_after=1.5)
    await answers.begin("r1", "body")
    await answers.finish("r1", Answer(fault=fault))
    assert (await answers.begin("r1", "body")).answer == Answer(fault=fault)


async def test_answers_lie_sealed_in_the_store(store: Store):
    answers = MongoAnswers(store, SealedBox(b"k" * 32))
    await answers.begin("r1", "body")
    await answers.finish("r1", Answer(body={"token": "canary"}))
    row = await store.database[mongo_answers.COLLECTION].find_one({"_id": "r1"})
    assert row is not None
    assert "canary" not in str(row)


async def test_many_at_once_begin_one_request(store: Store):
    answers = MongoAnswers(store, SealedBox(b"k" * 32))
    begun = await asyncio.gather(*(answers.begin("race", f"body-{number}") for number in range(20)))
    assert len({kept.fingerprint for kept in begun}) == 1
