"""A chatbot is deleted: nothing of what it knew and learnt is left, and nobody else loses anything."""

from datetime import UTC, datetime

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.chatbots import ChatbotDeleted
from libs.contracts.envelope import wrap
from libs.contracts.errors import ErrorCode, TransientError
from libs.runtime.received import Received
from services.ai.domain.documents import Document, DocumentKey, KnowledgeBase, Phrasing
from services.ai.domain.learning import Proposal
from services.ai.domain.votes import Vote
from services.ai.entrypoints.directory import directory_routes
from services.ai.use_cases.forget_chatbot import DOCUMENTS_AT_ONCE, ROWS_AT_ONCE, ForgetChatbot
from services.ai.use_cases.index_documents import IndexDocuments
from services.ai.use_cases.remove_document import RemoveDocument
from tests.unit.ai.in_memory import InMemoryDocuments, InMemoryKnowledge
from tests.unit.ai.learning_fakes import InMemoryProposals, InMemoryVotes

NOW = datetime(2026, 11, 28, tzinfo=UTC)
DESK = KnowledgeBase("acme", "desk")
OTHERS = (KnowledgeBase("acme", "shop"), KnowledgeBase("other", "desk"))
#: More than are gone through at once.
DOCUMENTS, ROWS = 2 * DOCUMENTS_AT_ONCE + 1, ROWS_AT_ONCE + 1


class FailingOnce(InMemoryDocuments):
    """Refuses one save, when told to."""

    fails_at: str | None = None

    async def save(self, document: Document) -> Document:
        if document.id == self.fails_at:
            self.fails_at = None
            raise TransientError(ErrorCode.UNAVAILABLE, "away")
        return await super().save(document)


class World:
    """Three knowledge bases with the same documents, answers and votes."""

    def __init__(self) -> None:
        self.documents, self.knowledge = FailingOnce(), InMemoryKnowledge()
        self.proposals, self.votes = InMemoryProposals(), InMemoryVotes()
        self.index = IndexDocuments(self.documents, self.knowledge)
        remove = RemoveDocument(self.documents)
        forget = ForgetChatbot(self.documents, remove, self.proposals, self.votes)
        self.route = directory_routes(forget)[ChatbotDeleted]

    async def fill(self, base: KnowledgeBase, documents: int, rows: int) -> None:
        for number in range(documents):
            learnt = (Phrasing("how large are lids"),)
            await self.documents.save(
                Document(f"d-{number:03d}", *base, "Lids", "Lids are 30 mm wide.", phrasings=learnt)
            )
        for number in range(rows):
            name = f"{base.account_id}-{base.chatbot_id}-{number}"
            await self.proposals.put(Proposal(name, *base, "c-1", "how large", "en", NOW, "answered"))
            await self.votes.put(Vote(name, base, "c-1", ("d-000",), 1, "how large", NOW))

    async def hears(self) -> None:
        event = ChatbotDeleted(actor=SYSTEM, occurred_at=NOW, chatbot_id=DESK.chatbot_id)
        envelope = wrap(event, id="e-1", source="test", time=NOW, accountid=DESK.account_id)
        await self.route(Received(envelope, event))

    async def left(self, base: KnowledgeBase) -> tuple[int, int, int, int]:
        """Documents, chunks that are indexed, answers and votes."""
        await self.index()
        return (
            await self.documents.count(base),
            await self.knowledge.count(base),
            sum(one.base == base for one in self.proposals.rows.values()),
            len(await self.votes.of_base(base)),
        )


async def test_all_it_knew_goes_however_much_and_nothing_of_others() -> None:
    world = World()
    await world.fill(DESK, DOCUMENTS, ROWS)
    for other in OTHERS:
        await world.fill(other, 1, 1)
    assert await world.left(DESK) == (DOCUMENTS, DOCUMENTS, ROWS, ROWS)

    await world.hears()

    assert await world.left(DESK) == (0, 0, 0, 0)
    for other in OTHERS:
        assert await world.left(other) == (1, 1, 1, 1)
    stub = await world.documents.get(DocumentKey(DESK, "d-000"))
    assert stub is not None
    assert (stub.text, stub.phrasings, stub.removed) == ("", (), True)


async def test_told_twice_it_stores_nothing_more() -> None:
    world = World()
    await world.fill(DESK, 2, 2)
    await world.hears()
    revision = await world.documents.last_revision()

    await world.hears()

    assert await world.documents.last_revision() == revision


async def test_after_a_failure_the_next_attempt_removes_the_rest() -> None:
    world = World()
    await world.fill(DESK, 3, 1)
    world.documents.fails_at = "d-001"
    with pytest.raises(TransientError):
        await world.hears()
    assert await world.left(DESK) == (2, 2, 1, 1)

    await world.hears()

    assert await world.left(DESK) == (0, 0, 0, 0)


async def test_a_chatbot_that_knows_nothing_is_no_error() -> None:
    world = World()
    await world.hears()
    assert await world.documents.last_revision() == 0
