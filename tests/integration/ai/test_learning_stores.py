"""What learning has kept: what the fakes promise, MongoDB keeps."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from libs.runtime.mongo import Store
from services.ai.adapters.mongo_documents import MongoDocuments
from services.ai.adapters.mongo_proposals import INDEXES as PROPOSAL_INDEXES
from services.ai.adapters.mongo_proposals import MongoProposals
from services.ai.adapters.mongo_votes import INDEXES as VOTE_INDEXES
from services.ai.adapters.mongo_votes import MongoVotes
from services.ai.domain.documents import Document, DocumentKey, KnowledgeBase, Phrasing
from services.ai.domain.learning import Proposal
from services.ai.domain.votes import Vote
from services.ai.use_cases.learning_ports import Proposals, Votes
from tests.unit.ai.learning_fakes import InMemoryProposals, InMemoryVotes

NOW = datetime(2026, 11, 28, tzinfo=UTC)
OTHER = KnowledgeBase("other", "bot")


@pytest.fixture
async def store(mongodb_url: str, database_prefix: str) -> AsyncIterator[Store]:
    store = Store(mongodb_url, f"{database_prefix}_ai")
    await store.ensure_indexes({**PROPOSAL_INDEXES, **VOTE_INDEXES})
    yield store
    store.close()


@pytest.fixture(params=["memory", "mongo"])
def ports(request: pytest.FixtureRequest) -> tuple[Proposals, Votes]:
    if request.param == "memory":
        return InMemoryProposals(), InMemoryVotes()
    store: Store = request.getfixturevalue("store")
    return MongoProposals(store), MongoVotes(store)


async def test_proposals(ports: tuple[Proposals, Votes]) -> None:
    proposals, _ = ports
    base = KnowledgeBase(uuid4().hex, "bot")
    first = Proposal("a", *base, "c-1", "how much", "en", NOW, "answered", sent="4.90", documents=("d",))
    second = replace(first, id="b", conversation_id="c-2", at=NOW + timedelta(hours=1), outcome="edited")
    third = replace(first, id="c", conversation_id="c-3", at=NOW + timedelta(hours=2), outcome="rejected")
    for one in (first, second, third):
        await proposals.put(one)
    account = base.account_id
    assert await proposals.get(account, "a") == first
    assert await proposals.get("other", "a") is None
    assert await proposals.edited(base, 5) == [second]
    assert [one.id for one in await proposals.of_conversations(account, ["c-1", "c-3"])] == ["c", "a"]

    late = NOW + timedelta(days=1)
    await proposals.end(account, "c-1", "confirmed", late, 3)
    await proposals.end(account, "c-1", "assumed", late, 4)
    await proposals.end(account, "c-2", "assumed", late, 4)
    await proposals.end(account, "c-2", "reopened", late, 2)
    await proposals.end(account, "c-3", "assumed", NOW, 2)
    await proposals.end("other", "c-3", "assumed", late, 2)
    await proposals.put(replace(first, intent="price"))
    well = await proposals.ended_well(base, None, 5)
    assert [(one.id, one.ending, one.intent) for one in well] == [
        ("b", "assumed", ""),
        ("a", "confirmed", "price"),
    ]
    assert await proposals.ended_well(OTHER, None, 5) == []
    await proposals.put(replace(second, disliked=True))
    assert [one.id for one in await proposals.ended_well(base, None, 5)] == ["a"]
    await proposals.put(replace(first, department="IT"))
    assert await proposals.ended_well(base, "HR", 5) == []
    assert [one.id for one in await proposals.ended_well(base, "IT", 5)] == ["a"]
    counted = await proposals.counts(base, NOW)
    assert counted.outcomes == {"answered": 1, "edited": 1, "rejected": 1}
    assert counted.endings == {"confirmed": 1, "assumed": 1, "": 1}
    assert (await proposals.counts(base, late)).outcomes == {}
    await proposals.forget(account, ["c-1"])
    assert await proposals.get(account, "a") is None
    elsewhere = replace(first, id="d", chatbot_id="other")
    await proposals.put(elsewhere)
    assert [await proposals.forget_some(base, 1) for _ in range(3)] == [1, 1, 0]
    assert await proposals.of_conversations(account, ["c-1", "c-2", "c-3"]) == [elsewhere]


async def test_votes(ports: tuple[Proposals, Votes]) -> None:
    _, votes = ports
    base = KnowledgeBase(uuid4().hex, "bot")
    one = Vote("v", base, "c-1", ("d", "e"), 1, "how much", NOW)
    two = replace(one, id="w", conversation_id="c-2", documents=("e",), at=NOW + timedelta(hours=1))
    for vote in (one, two, replace(one, value=-1)):
        await votes.put(vote)
    assert [(vote.id, vote.value) for vote in await votes.of_base(base)] == [("w", 1), ("v", -1)]
    assert [vote.id for vote in await votes.of_base(base, two.at)] == ["w"]
    assert [vote.id for vote in await votes.of_document(DocumentKey(base, "d"))] == ["v"]
    assert await votes.of_base(OTHER) == []
    await votes.remove("other", "v")
    await votes.remove(base.account_id, "w")
    assert await votes.of_base(base) == [replace(one, value=-1)]
    await votes.forget(base.account_id, ["c-1"])
    assert await votes.of_base(base) == []
    elsewhere = replace(one, base=KnowledgeBase(base.account_id, "other"))
    for vote in (one, two, replace(elsewhere, id="x")):
        await votes.put(vote)
    assert [await votes.forget_some(base, 1) for _ in range(3)] == [1, 1, 0]
    assert [vote.id for vote in await votes.of_base(elsewhere.base)] == ["x"]


async def test_phrasings_keep_their_state_in_the_store(store: Store) -> None:
    documents = MongoDocuments(store)
    base = KnowledgeBase("acme", "bot")
    learnt = (Phrasing("how much", "4.90", "revoked"),)
    saved = await documents.save(Document("d", *base, "D", "text", phrasings=learnt))
    await documents.save(Document("e", *base, "E", "text"))
    assert await documents.with_phrasings(base, "", 5) == [saved]
    assert await documents.with_phrasings(base, "d\0", 5) == []
