"""What the fakes of the ledger of usage and of the store of documents promise, MongoDB keeps."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest

from libs.runtime.mongo import Store
from services.ai.adapters.mongo_documents import INDEXES as DOCUMENT_INDEXES
from services.ai.adapters.mongo_documents import MongoDocuments
from services.ai.adapters.mongo_usage import CALLS, MongoUsage
from services.ai.adapters.mongo_usage import INDEXES as USAGE_INDEXES
from services.ai.domain.documents import Document, DocumentKey, KnowledgeBase
from services.ai.domain.model_calls import CallRecord, Circumstances, Spent, Usage
from services.ai.use_cases.current_ports import Current
from services.ai.use_cases.model_ports import UsageLedger
from tests.unit.ai.in_memory import InMemoryDocuments
from tests.unit.ai.model_fakes import InMemoryUsage

NOBODY = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100"


@pytest.fixture
async def store(mongodb_url: str, database_prefix: str) -> AsyncIterator[Store]:
    store = Store(mongodb_url, f"{database_prefix}_ai")
    await store.ensure_indexes({**DOCUMENT_INDEXES, **USAGE_INDEXES})
    yield store
    store.close()


@pytest.fixture(params=["memory", "mongo"])
def ledger(request: pytest.FixtureRequest) -> UsageLedger:
    if request.param == "memory":
        return InMemoryUsage()
    return MongoUsage(request.getfixturevalue("store"))


@pytest.fixture(params=["memory", "mongo"])
def documents(request: pytest.FixtureRequest) -> InMemoryDocuments | MongoDocuments:
    if request.param == "memory":
        return InMemoryDocuments()
    return MongoDocuments(request.getfixturevalue("store"))


def call(account: str, conversation: str, tokens: int, cost: float = 0.0) -> CallRecord:
    here = Circumstances(account, conversation, value=10.0, complexity=0.5)
    return CallRecord(here, "answer", "main/m", "strict", "ok", Usage(tokens - 1, 1), cost, 0.2)


async def test_a_conversation_and_an_accounts_day_are_summed_apart(ledger: UsageLedger) -> None:
    mine, other = uuid4().hex, uuid4().hex
    here = Circumstances(mine, "c-1")
    assert await ledger.spent(here) == (Spent(), Spent())

    for one in (call(mine, "c-1", 100, 0.5), call(mine, "c-1", 20), call(mine, "c-2", 3, 0.25)):
        await ledger.record(one)
    await ledger.record(call(other, "c-1", 1_000))

    assert await ledger.spent(here) == (Spent(120, 0.5), Spent(123, 0.75))
    assert await ledger.spent(Circumstances(other, "c-2")) == (Spent(), Spent(1_000, 0.0))


async def test_each_call_is_a_row_without_a_word_of_what_was_said(store: Store) -> None:
    await MongoUsage(store).record(call("acme", "c-1", 100, 0.5))
    (row,) = await store.database[CALLS].find().to_list(10)
    assert (row["model"], row["task"], row["form"], row["outcome"]) == ("main/m", "answer", "strict", "ok")
    assert (row["prompt_tokens"], row["completion_tokens"], row["cost"]) == (99, 1, 0.5)
    assert (row["value"], row["complexity"], row["seconds"], row["estimated"]) == (10.0, 0.5, 0.2, False)


async def test_a_store_that_is_away_costs_the_record_alone() -> None:
    store = Store(NOBODY, "nobody_ai")
    usage = MongoUsage(store)
    await usage.record(call("acme", "c-1", 100))
    assert await usage.spent(Circumstances("acme", "c-1")) == (Spent(), Spent())
    store.close()


async def test_documents(documents: InMemoryDocuments | MongoDocuments) -> None:
    base = KnowledgeBase(uuid4().hex, "bot")
    assert await documents.last_revision() == 0
    first = await documents.save(Document("b", *base, "Cups", "Cups hold tea.", "public", "en"))
    second = await documents.save(Document("a", *base, "Mugs", "Mugs, too.", "internal"))
    foreign = await documents.save(Document("a", "other", "bot", "Jugs", "Jugs."))
    assert [one.revision for one in (first, second, foreign)] == [1, 2, 3]
    assert await documents.get(first.key) == first
    assert await documents.get(DocumentKey(base, "c")) is None
    assert await documents.list(base) == [first, second]
    assert await documents.page(base, None, 1) == [second]
    assert await documents.page(base, "a", 5) == [first]
    assert await documents.current(base, ["a", "b", "c"]) == {
        "a": Current(2, "internal"),
        "b": Current(1, "public"),
    }

    again = await documents.save(replace(first, text="", removed=True))
    assert await documents.get(first.key) == again
    assert (again.revision, await documents.last_revision()) == (4, 4)
    assert (await documents.count(base), await documents.list(base)) == (1, [second])
    assert list(await documents.current(base, ["a", "b"])) == ["a"]
    assert await documents.revisions() == {second.key: 2, foreign.key: 3}
    assert [one async for one in documents.changed_since(1)] == [second, foreign, again]


async def test_generations_are_counted_by_the_store(documents: InMemoryDocuments | MongoDocuments) -> None:
    assert await documents.generation() == 0
    assert [await documents.next_generation(), await documents.next_generation()] == [1, 2]
    assert await documents.generation() == 2
