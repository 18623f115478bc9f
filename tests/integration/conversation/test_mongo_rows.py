"""Rows that the adapter hands out again: never once the store has something else."""

import pytest

from services.conversation.adapters import documents
from services.conversation.domain.policy import Visibility
from services.conversation.use_cases.ports import ListFilter, Window
from services.conversation.use_cases.rows import Row, Viewer
from tests.integration.conversation.repository import MongoRepository
from tests.unit.conversation.making import ACCOUNT, ADMIN, conversation, moment

EVERYTHING = ListFilter(Visibility(everything=True))


async def only(mongo: MongoRepository, account_id: str = ACCOUNT) -> Row:
    (row,) = await mongo.conversations.rows(account_id, EVERYTHING, Window(10))
    return row


@pytest.fixture
async def kept(mongo: MongoRepository) -> MongoRepository:
    one = conversation()
    await mongo.transaction(ACCOUNT, lambda tx: tx.save(one))
    return mongo


async def test_what_is_stored_as_it_was_is_read_once(kept: MongoRepository) -> None:
    first = await only(kept)
    first.written_for(Viewer(ADMIN))
    assert await only(kept) is first


async def test_whoever_writes_to_the_store_in_whatever_way_is_seen_at_once(kept: MongoRepository) -> None:
    first = await only(kept)
    # Not even the version says so.
    await kept.records.conversations.update_one({}, {"$set": {"contact.name": "Somebody else"}})
    assert (await only(kept)).conversation.contact.name == "Somebody else"
    await kept.records.conversations.update_one({}, {"$set": {"contact.name": "Mira"}})
    assert await only(kept) is first


async def test_the_same_conversation_of_two_accounts_is_two_rows(kept: MongoRepository) -> None:
    other = conversation("0002", account_id="other", session_id="tg:other")
    other.updated_at = moment(1)
    await kept.records.conversations.insert_one(documents.conversation_document(other))
    mine, theirs = await only(kept), await only(kept, "other")
    assert (mine.conversation.account_id, theirs.conversation.account_id) == (ACCOUNT, "other")
