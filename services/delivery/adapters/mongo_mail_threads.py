"""Mail threads in MongoDB: a document a conversation. Message-IDs and subjects are the contact's own data."""

from dataclasses import asdict
from datetime import datetime

from pymongo import IndexModel

from libs.runtime.mongo import Store
from services.delivery.adapters.mongo_rows import thread_of
from services.delivery.domain.mail_thread import MailThread

COLLECTION = "mail_threads"
#: Seconds after the last mail for which a thread is remembered: longer than anybody answers.
KEPT = 2 * 365 * 24 * 3600
INDEXES = {COLLECTION: [IndexModel("changed_at", name="kept_two_years", expireAfterSeconds=KEPT)]}


class MongoMailThreads:
    """The port MailThreads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = store.database[COLLECTION]

    async def of(self, conversation_id: str) -> MailThread:
        """The thread so far."""
        with self._store.guarded():
            found = await self._rows.find_one({"_id": conversation_id})
        return thread_of(found) or MailThread()

    async def keep(self, conversation_id: str, thread: MailThread, moment: datetime) -> None:
        """Keep it."""
        document = {**asdict(thread), "references": list(thread.references), "changed_at": moment}
        with self._store.guarded():
            await self._rows.replace_one({"_id": conversation_id}, document, upsert=True)

    async def erase(self, conversation_id: str) -> None:
        """Forget it."""
        with self._store.guarded():
            await self._rows.delete_one({"_id": conversation_id})
