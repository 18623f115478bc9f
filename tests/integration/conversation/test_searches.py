"""Searches, in memory and in MongoDB; what is asked of the latter walks its index."""

from datetime import timedelta
from typing import Any

import pytest

from libs.contracts.vocabulary import BotMode
from services.conversation.adapters import mongo_searches
from services.conversation.domain.searching import wanted_words
from services.conversation.use_cases.ports import Chatbot
from services.conversation.use_cases.record_inbound_message import RecordInbound
from tests.integration.conversation.repository import MongoRepository
from tests.integration.conversation.test_mongo_plans import stages
from tests.unit.conversation.fakes import counting_ids
from tests.unit.conversation.making import ACCOUNT, CHATBOT, call, inbound

Repository = Any
BOT = Chatbot(
    id=CHATBOT,
    name="Bot",
    mode=BotMode.ANSWER,
    instructions="",
    department=None,
    handoff_keywords=(),
    auto_suggest=False,
)


async def say(repository: Repository, *texts: str, account: str = ACCOUNT) -> list[str]:
    """One conversation a text, each a second later; their ids."""
    record = RecordInbound(counting_ids(account), timedelta(seconds=30))
    await repository.transaction(account, lambda tx: tx.put_chatbot(BOT))
    ids = []
    for number, text in enumerate(texts, start=1):
        command = inbound(number, text, session_id=f"s{number}")
        recorded = await repository.transaction(
            account, lambda tx, command=command, number=number: record(command, call(number, account), tx)
        )
        ids.append(recorded.conversation_id)
    return ids


async def entitle(repository: Repository, conversation_id: str, subject: str) -> None:
    async def work(tx: Any) -> None:
        one = await tx.conversation(conversation_id)
        one.subject = subject
        one.version += 1
        await tx.save(one)

    await repository.transaction(ACCOUNT, work)


async def found(repository: Repository, search: str, limit: int = 10) -> list[str]:
    return list(await repository.searches.by_words(ACCOUNT, wanted_words(search), limit))


async def test_messages_are_found_by_all_their_words_the_newest_first(repository: Repository) -> None:
    first, second, third = await say(
        repository, "Where is my parcel?", "The PARCEL came late", "late, and no parcel"
    )
    assert await found(repository, "parcel ") == [third, second, first]
    assert await found(repository, "late parcel ") == [third, second]
    assert await found(repository, "where parcel ") == [first]
    assert await found(repository, "parce ") == []
    assert await found(repository, "parcel ", limit=2) == [third, second]


async def test_the_last_word_may_be_unfinished(repository: Repository) -> None:
    first, second = await say(repository, "a refund please", "refunds are slow")
    assert await found(repository, "refun") == [second, first]
    assert await found(repository, "slow refun") == [second]
    assert await found(repository, "refundx") == []


async def test_subjects_are_found_and_other_accounts_are_not(repository: Repository) -> None:
    (mine,) = await say(repository, "hello")
    await say(repository, "hello printer", account="other")
    await entitle(repository, mine, "Printer on fire")
    assert await found(repository, "printer") == [mine]
    assert await found(repository, "fire printer ") == [mine]


async def test_a_contacts_conversations_are_found(repository: Repository) -> None:
    (mine,) = await say(repository, "hello")

    async def contact_of(tx: Any) -> str:
        return (await tx.conversation(mine)).contact.id

    contact = await repository.transaction(ACCOUNT, contact_of)
    assert await repository.searches.of_contacts(ACCOUNT, [contact, "nobody"], 10) == [mine]
    assert await repository.searches.of_contacts("other", [contact], 10) == []
    assert await repository.searches.of_contacts(ACCOUNT, [], 10) == []


async def test_a_prefix_stands_for_the_words_there_are_up_to_a_limit(
    mongo: MongoRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await say(mongo, "abacus", "abbey", "abcess", "abdomen", "b")
    assert sorted(await found(mongo, "ab")) == sorted(ids[:4])
    monkeypatch.setattr(mongo_searches, "MOST_COMPLETIONS", 2)
    assert sorted(await found(mongo, "ab")) == sorted(ids[:2])


async def test_what_is_asked_walks_an_index_in_order(mongo: MongoRepository) -> None:
    await say(mongo, *(f"parcel number {number}" for number in range(50)))
    query = {"account_id": ACCOUNT, "$and": [{"words": {"$in": ["number", "parcel"]}}, {"words": "1"}]}
    cursor = mongo.store.database["messages"].find(query).sort("created_at", -1).limit(5)
    used = set(stages((await cursor.explain())["queryPlanner"]["winningPlan"]))
    assert "IXSCAN" in used
    assert not used & {"SORT", "COLLSCAN"}
