"""Lists and threads walk an index in their order: nothing is sorted, no collection is scanned."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from pymongo import DESCENDING

from libs.contracts.vocabulary import Channel, Status
from services.conversation.adapters.documents import conversation_document
from services.conversation.adapters.mongo_conversations import MongoConversations
from services.conversation.adapters.mongo_lists import list_query
from services.conversation.domain.policy import Visibility
from services.conversation.use_cases.ports import ListFilter, Place, Window
from tests.integration.conversation.repository import MongoRepository
from tests.unit.conversation.making import ACCOUNT, conversation, moment

ADMIN = Visibility(everything=True)
AGENT = Visibility(departments=frozenset({"IT", "HR"}), person_id="ana")


def stages(plan: Any) -> Iterator[str]:
    """The names of all stages of a winning plan."""
    if isinstance(plan, dict):
        if isinstance(plan.get("stage"), str):
            yield plan["stage"]
        for value in plan.values():
            yield from stages(value)
    elif isinstance(plan, list):
        for value in plan:
            yield from stages(value)


async def winning(mongo: MongoRepository, collection: str, query: Any, *order: str) -> set[str]:
    cursor = mongo.store.database[collection].find(query)
    if order:
        cursor = cursor.sort([(field, DESCENDING) for field in order])
    plan = await cursor.limit(21).explain()
    return set(stages(plan["queryPlanner"]["winningPlan"]))


async def fill(mongo: MongoRepository, count: int = 30) -> None:
    made = []
    for number in range(count):
        one = conversation(
            f"{number:04d}", session_id=f"s{number}", department=[None, "IT", "HR"][number % 3]
        )
        one.updated_at = moment(number)
        one.assignee_id = [None, "ana"][number % 2]
        one.channel = list(Channel)[number % 2]
        one.status = list(Status)[number % 5]
        one.labels = [(), ("late", "vip")][number % 7 == 0]
        made.append(conversation_document(one))
    await mongo.store.database["conversations"].insert_many(made)


FILTERS: list[dict[str, Any]] = [
    {},
    {"status": Status.HANDED_OFF},
    {"channel": Channel.WIDGET},
    {"assignee_id": "ana"},
    {"department": "IT"},
    {"chatbot_id": "bot"},
]


async def test_lists_are_not_sorted(mongo: MongoRepository) -> None:
    await fill(mongo, 2_000)
    places = [None, Place(moment(1_000), "0015")]
    labelled = list_query(ACCOUNT, ListFilter(AGENT, label="vip"), Window(20))
    used = await winning(mongo, "conversations", labelled, "updated_at", "_id")
    assert not used & {"SORT", "COLLSCAN"}
    sorts = ["updated_at", "created_at"]
    for viewer, parts, after, by in product([ADMIN, AGENT], FILTERS, places, sorts):
        query = list_query(ACCOUNT, ListFilter(viewer, **parts), Window(20, after=after, by=by))
        assert query is not None
        used = await winning(mongo, "conversations", query, by, "_id")
        assert "IXSCAN" in used
        assert not used & {"SORT", "COLLSCAN"}, (viewer, parts, after)


async def test_threads_are_not_sorted(mongo: MongoRepository) -> None:
    query: dict[str, Any] = {"account_id": ACCOUNT, "conversation_id": "c"}
    for wanted in [query, query | {"sequence": {"$lt": 9}}]:
        used = await winning(mongo, "messages", wanted, "sequence")
        assert not used & {"SORT", "COLLSCAN"}
    used = await winning(mongo, "messages", query | {"external_ids": "x"})
    assert "COLLSCAN" not in used
    used = await winning(mongo, "transitions", query, "version", "_id")
    assert "COLLSCAN" not in used


async def test_files_are_looked_up(mongo: MongoRepository) -> None:
    await fill(mongo)
    wanted = {"account_id": ACCOUNT, "conversation_id": "c", "attachments.file_id": "f"}
    plan = await mongo.records.messages.find(wanted).hint("by_file").explain()
    found = plan["queryPlanner"]["winningPlan"]["inputStage"]
    assert (found["indexName"], found["indexBounds"]["attachments.file_id"]) == ("by_file", ['["f", "f"]'])


async def test_threads_of_a_visitor_and_of_a_session_are_looked_up(mongo: MongoRepository) -> None:
    for wanted in [{"session_id": "s"}, {"session_id": "s", "connection_id": "c"}]:
        used = await winning(mongo, "conversations", {"account_id": ACCOUNT, **wanted})
        assert "IXSCAN" in used
        assert "COLLSCAN" not in used


async def test_the_count_of_a_long_list_is_kept_for_some_seconds(
    mongo: MongoRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "services.conversation.adapters.mongo_lists"
    monkeypatch.setattr(f"{module}.CHEAP_COUNT", 20)
    monkeypatch.setattr(f"{module}.MOST_COUNTS", 1)
    clock = 100.0
    reader = MongoConversations(mongo.store, mongo.outbox, count_seconds=5, clock=lambda: clock)
    everything, of_it = ListFilter(ADMIN), ListFilter(ADMIN, department="IT")
    await fill(mongo, 30)
    assert await reader.count(ACCOUNT, everything, 10_001) == 30
    assert await reader.count(ACCOUNT, of_it, 10_001) == 10
    await mongo.store.database["conversations"].delete_many({"department": "IT"})
    assert await reader.count(ACCOUNT, everything, 10_001) == 30
    assert await reader.count(ACCOUNT, of_it, 10_001) == 0
    clock += 5
    assert await reader.count(ACCOUNT, everything, 10_001) == 20
    await fill_more(mongo)
    assert await reader.count(ACCOUNT, everything, 10_001) == 21
    assert await reader.count(ACCOUNT, ListFilter(ADMIN, chatbot_id="bot"), 10_001) == 21
    assert len(reader._counts) == 1


async def fill_more(mongo: MongoRepository) -> None:
    one = conversation("9999", session_id="s9999")
    await mongo.transaction(ACCOUNT, lambda tx: tx.save(one))
