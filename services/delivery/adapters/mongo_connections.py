"""Channel connections in MongoDB, their credentials sealed with account and connection as context."""

import json
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from libs.contracts import topology
from libs.contracts.envelope import Envelope
from libs.contracts.errors import PermanentError
from libs.contracts.vocabulary import Channel
from libs.runtime import deduplication
from libs.runtime.clock import now
from libs.runtime.crypto import SealedBox
from libs.runtime.logs import get_logger
from libs.runtime.mongo import Session, Store
from libs.runtime.outbox import Outbox
from libs.runtime.publisher import OutboxEntry
from services.delivery.domain.connection import Connection, ConnectionStatus

COLLECTION = "connections"
INDEXES: dict[str, list[IndexModel]] = {
    COLLECTION: [
        IndexModel(
            [("account_id", ASCENDING), ("chatbot_id", ASCENDING), ("channel", ASCENDING)], name="of_chatbot"
        )
    ]
}
#: Connections of one channel of one chatbot that are looked at.
MOST_OF_CHATBOT = 20
_CONSUMER = "connect_channel"

_log = get_logger("connections")


class MongoConnections:
    """The port Connections, without a memory: `find` and `look_up` both read."""

    def __init__(self, store: Store, outbox: Outbox, box: SealedBox) -> None:
        self._store = store
        self._outbox = outbox
        self._box = box
        self._rows = store.database[COLLECTION]

    async def find(self, connection_id: str) -> Connection | None:
        """A connection as it is."""
        return await self.look_up(connection_id)

    async def look_up(self, connection_id: str) -> Connection | None:
        """A connection as it is."""
        with self._store.guarded():
            document = await self._rows.find_one({"_id": connection_id})
        return self._connection_of(document) if document else None

    async def of_chatbot(self, account_id: str, chatbot_id: str, channel: Channel) -> list[Connection]:
        """A chatbot's connections of a channel."""
        wanted = {"account_id": account_id, "chatbot_id": chatbot_id, "channel": channel.value}
        with self._store.guarded():
            found = self._rows.find(wanted).sort("updated_at", DESCENDING).limit(MOST_OF_CHATBOT)
            rows = await found.to_list(MOST_OF_CHATBOT)
        return [self._connection_of(row) for row in rows]

    async def save(self, connection: Connection, event: Envelope, *, command_id: str) -> bool:
        """Store it with its event and the note that the command was carried out."""
        document = self._document_of(connection)

        async def work(session: Session) -> None:
            await self._store.database[deduplication.COLLECTION].insert_one(
                {"_id": f"{_CONSUMER}:{command_id}", "at": now()}, session=session
            )
            await self._rows.replace_one(
                {"_id": connection.id, "account_id": connection.account_id},
                document,
                upsert=True,
                session=session,
            )
            await self._outbox.add(session, [_entry(event)])

        try:
            await self._store.transaction(work)
        except DuplicateKeyError:
            return False
        self._outbox.wake()
        return True

    async def break_off(self, connection: Connection, event: Envelope) -> bool:
        """Store status and reason, where the version is still the one that failed."""

        async def work(session: Session) -> bool:
            result = await self._rows.update_one(
                {"_id": connection.id, "version": connection.version},
                {"$set": {"status": connection.status.value, "reason": connection.reason}},
                session=session,
            )
            if result.modified_count:
                await self._outbox.add(session, [_entry(event)])
            return bool(result.matched_count)

        stored = await self._store.transaction(work)
        self._outbox.wake()
        return stored

    def _document_of(self, connection: Connection) -> dict[str, Any]:
        plain = json.dumps(dict(connection.credentials)).encode()
        return {
            "_id": connection.id,
            "account_id": connection.account_id,
            "chatbot_id": connection.chatbot_id,
            "channel": connection.channel.value,
            "version": connection.version,
            "name": connection.name,
            "settings": dict(connection.settings),
            "sealed": self._box.seal(plain, context=_context(connection.account_id, connection.id)),
            "status": connection.status.value,
            "reason": connection.reason,
            "updated_at": now(),
        }

    def _connection_of(self, document: dict[str, Any]) -> Connection:
        connection = Connection(
            id=document["_id"],
            account_id=document["account_id"],
            chatbot_id=document["chatbot_id"],
            channel=Channel(document["channel"]),
            version=document["version"],
            name=document["name"],
            settings=document["settings"],
            status=ConnectionStatus(document["status"]),
            reason=document["reason"],
        )
        context = _context(document["account_id"], document["_id"])
        try:
            plain = self._box.open(document["sealed"], context=context)
        except PermanentError:
            # Sealed with another key, or moved from elsewhere: out of use until it is connected anew.
            _log.error("credentials do not open", connection_id=connection.id)
            return connection.broken("credentials_unreadable")
        return connection.holding(json.loads(plain))


def _context(account_id: str, connection_id: str) -> str:
    return f"credentials:{account_id}:{connection_id}"


def _entry(event: Envelope) -> OutboxEntry:
    key = f"{topology.account_partition(event.accountid)}.{event.type}"
    return OutboxEntry(event, topology.DELIVERY_EVENTS, key)
