"""The MongoDB adapters behind the same face as the fake store, so that one suite runs against both."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import RegisterAccount
from libs.contracts.envelope import wrap
from libs.runtime import deduplication, lease, membership, outbox
from libs.runtime.clock import now
from libs.runtime.ids import new_id
from libs.runtime.mongo import Session, Store
from libs.runtime.publisher import Publisher
from services.conversation.adapters import mongo_tallies
from services.conversation.adapters.chatbot_cache import ChatbotCache
from services.conversation.adapters.documents import deadline_id
from services.conversation.adapters.mongo_contacts import MongoContactReads
from services.conversation.adapters.mongo_conversations import MongoConversations
from services.conversation.adapters.mongo_directory_reads import MongoDirectoryReads
from services.conversation.adapters.mongo_exports import MongoExports
from services.conversation.adapters.mongo_indexes import INDEXES
from services.conversation.adapters.mongo_labels import MongoLabelReads
from services.conversation.adapters.mongo_notes import MongoNoteReads
from services.conversation.adapters.mongo_part import Records
from services.conversation.adapters.mongo_presence import MongoPresence
from services.conversation.adapters.mongo_schedule import MongoScheduleReads
from services.conversation.adapters.mongo_searches import MongoSearches
from services.conversation.adapters.mongo_templates import MongoTemplateReads
from services.conversation.adapters.mongo_transaction import MongoTransaction
from services.conversation.use_cases.ports import AnswerDeadline, Transaction

T = TypeVar("T")


class MongoRepository:
    """One database."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.outbox = outbox.Outbox(store)
        self.chatbots = ChatbotCache(5.0)
        self.records = Records(store)
        self.conversations = MongoConversations(store, self.outbox)
        self.contacts = MongoContactReads(store)
        self.organising = MongoNoteReads(store)
        self.scheduled = MongoScheduleReads(store)
        self.templates = MongoTemplateReads(store)
        self.exports = MongoExports(store)
        self.directory = MongoDirectoryReads(store)
        self.presence = MongoPresence(store, Publisher("amqp://unused", "test"), 1.0)
        self.searches = MongoSearches(store)
        self.labels = MongoLabelReads(store)

    async def transaction(self, account_id: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in a transaction, as a subscriber does."""
        cause = wrap(
            RegisterAccount(actor=SYSTEM, account_id=account_id, name="cause"),
            id=new_id(),
            source="test",
            time=now(),
            accountid=account_id,
        )

        async def run(session: Session) -> T:
            transaction = MongoTransaction(self.records, self.outbox, self.chatbots, session, cause, now())
            result = await work(transaction)
            await transaction.flush()
            return result

        return await self.store.transaction(run)

    async def deadline(self, account_id: str, conversation_id: str) -> AnswerDeadline | None:
        """The answer deadline of a conversation."""
        row = await self.records.timers.find_one(
            {"_id": deadline_id(conversation_id), "account_id": account_id}
        )
        if row is None:
            return None
        return AnswerDeadline(row["conversation_id"], row["message_id"], row["handoff_epoch"], row["due_at"])


@asynccontextmanager
async def mongo_repository(url: str, database: str) -> AsyncIterator[MongoRepository]:
    """A repository with its collections and indexes."""
    store = Store(url, database)
    try:
        await store.ensure_indexes(
            {
                **INDEXES,
                **mongo_tallies.INDEXES,
                **outbox.INDEXES,
                **deduplication.INDEXES,
                **lease.INDEXES,
                **membership.INDEXES,
            }
        )
        yield MongoRepository(store)
    finally:
        store.close()
