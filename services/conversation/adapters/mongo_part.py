"""What the parts of a transaction stand on."""

from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection

from libs.contracts.errors import ErrorCode, TransientError
from libs.runtime.mongo import Session, Store
from services.conversation.adapters.documents import Document
from services.conversation.domain.counting import Fact

Collection = AsyncIOMotorCollection[Document]


class Records:
    """The service's collections. Made once: making one anew for each message is measurable."""

    def __init__(self, store: Store) -> None:
        database = store.database
        self.conversations: Collection = database["conversations"]
        self.messages: Collection = database["messages"]
        self.transitions: Collection = database["transitions"]
        self.suggestions: Collection = database["suggestions"]
        self.contacts: Collection = database["contacts"]
        self.chatbots: Collection = database["chatbots"]
        self.accounts: Collection = database["accounts"]
        self.people: Collection = database["people"]
        self.notes: Collection = database["notes"]
        self.scheduled: Collection = database["scheduled"]
        self.templates: Collection = database["templates"]
        self.labels: Collection = database["labels"]
        self.drafts: Collection = database["drafts"]
        self.timers: Collection = database["timers"]
        self.erasures: Collection = database["erasures"]
        self.facts: Collection = database["facts"]
        self.loads: Collection = database["loads"]
        self.presence: Collection = database["presence"]
        self.database = database


class MongoPart:
    """Records of one account, within one session."""

    def __init__(self, records: Records, session: Session, account_id: str, now: datetime) -> None:
        self._records = records
        self._session = session
        self._account_id = account_id
        self._now = now
        #: What statistics are to count, written with the rest.
        self._facts: list[Fact] = []

    async def _get(self, collection: Collection, **wanted: Any) -> Document | None:
        return await collection.find_one(wanted, session=self._session)

    async def _put(self, collection: Collection, document: Document) -> None:
        await collection.replace_one({"_id": document["_id"]}, document, upsert=True, session=self._session)


def conflict() -> TransientError:
    """For a change that met another one; tried again, it finds what the other one made."""
    return TransientError(ErrorCode.CONFLICT, "somebody else was faster")
