"""The directory, read without changing anything."""

from libs.runtime.mongo import Store
from services.conversation.adapters import documents
from services.conversation.adapters.mongo_part import Records
from services.conversation.domain.directory import Account

#: Milliseconds a read may take in the store.
READ_LIMIT = 2_500


class MongoDirectoryReads:
    """Implements the port Directory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records = Records(store)

    async def account(self, account_id: str) -> Account | None:
        """By id."""
        with self._store.guarded():
            row = await self._records.accounts.find_one({"_id": account_id}, max_time_ms=READ_LIMIT)
        return documents.account_of(row) if row else None
