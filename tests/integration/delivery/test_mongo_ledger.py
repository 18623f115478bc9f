import pytest

from libs.contracts.envelope import Envelope
from libs.runtime.mongo import Store
from libs.runtime.outbox import Outbox
from services.delivery.adapters.mongo_ledger import MongoLedger
from services.delivery.domain.reply import ReplyState
from services.delivery.domain.verdict import Released
from tests.unit.delivery.build import START, claim, new_conversation, outcome_of, reply
from tests.unit.delivery.ledger_suite import SENT, LedgerSuite


@pytest.fixture
def ledger(store: Store):
    return MongoLedger(store, Outbox(store))


class TestMongoLedger(LedgerSuite):
    pass


async def test_an_outcome_and_its_event_are_written_together(ledger: MongoLedger, store: Store):
    conversation = new_conversation()
    row = (await ledger.add(reply(conversation), claim())).reply
    await ledger.release(row, SENT, outcome_of(row, SENT), moment=START, following=None)
    [entry] = await store.database["outbox"].find().to_list(10)
    envelope = Envelope.model_validate_json(entry["body"])
    assert (entry["exchange"], entry["routing_key"]) == ("delivery.ev", "p07.delivery.reply_sent.v1")
    assert envelope.data["external_ids"] == ["1"]
    assert (envelope.subject, envelope.accountid) == (conversation, "acc-1")


async def test_a_release_that_is_repeated_writes_one_event(ledger: MongoLedger, store: Store):
    row = (await ledger.add(reply(), claim())).reply
    event = outcome_of(row, SENT)
    for _ in range(2):
        release = await ledger.release(row, SENT, event, moment=START, following=None)
        assert release.recorded
    assert await store.database["outbox"].count_documents({}) == 1


async def test_a_released_row_keeps_nothing_that_people_wrote(ledger: MongoLedger, store: Store):
    row = (await ledger.add(reply(content="secret words"), claim())).reply
    failed = Released(ReplyState.FAILED, (), "recipient_unreachable")
    await ledger.release(row, failed, outcome_of(row, failed), moment=START, following=None)
    kept = await store.database["ledger"].find_one({"_id": row.message_id})
    assert kept is not None
    assert {"content", "target", "open", "head", "next_attempt_at"}.isdisjoint(kept)
    assert (kept["state"], kept["error"], kept["released_at"]) == ("failed", "recipient_unreachable", START)


async def test_due_rows_are_found_by_index(ledger: MongoLedger, store: Store):
    await ledger.add(reply(), None)
    wanted = {"head": True, "next_attempt_at": {"$lte": START}, "connection_id": {"$nin": ["x"]}}
    plan = await store.database["ledger"].find(wanted).sort("next_attempt_at", 1).limit(5).explain()
    assert "due_heads" in str(plan["queryPlanner"]["winningPlan"])
    plan = await store.database["ledger"].find({"conversation_id": "c", "open": True}).limit(1).explain()
    assert "one_last_row_a_line" in str(plan["queryPlanner"]["winningPlan"])
