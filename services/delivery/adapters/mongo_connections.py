"""Channel connections in MongoDB, their credentials sealed with account and connection as context."""

import json
from datetime import datetime, timedelta
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
        ),
        IndexModel([("account_id", ASCENDING), ("_id", ASCENDING)], name="list"),
        IndexModel([("check_at", ASCENDING)], name="to_check"),
    ]
}
#: Those that can be asked whether they work.
_CHECKED = {
    "status": {"$in": [ConnectionStatus.CONNECTED.value, ConnectionStatus.ERROR.value]},
    "channel": {"$ne": Channel.WIDGET.value},
}
#: Connections of one channel of one chatbot that are looked at.
MOST_OF_CHATBOT = 20
#: The platform has just been asked when a connection is stored.
FIRST_CHECK = timedelta(minutes=5)
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
        """Store status, reason and settings, where the version is still the one that was looked at."""

        async def work(session: Session) -> bool:
            result = await self._rows.update_one(
                {"_id": connection.id, "version": connection.version},
                {
                    "$set": {
                        "status": connection.status.value,
                        "reason": connection.reason,
                        "settings": dict(connection.settings),
                    }
                },
                session=session,
            )
            if result.modified_count:
                await self._outbox.add(session, [_entry(event)])
            return bool(result.matched_count)

        stored = await self._store.transaction(work)
        self._outbox.wake()
        return stored

    async def of_account(
        self, account_id: str, *, chatbot_id: str | None, after: str, limit: int
    ) -> list[Connection]:
        """A part of the account's list, by id."""
        wanted: dict[str, Any] = {"account_id": account_id, "_id": {"$gt": after}}
        if chatbot_id is not None:
            wanted["chatbot_id"] = chatbot_id
        with self._store.guarded():
            rows = await self._rows.find(wanted).sort("_id", ASCENDING).limit(limit).to_list(limit)
        return [self._connection_of(row) for row in rows]

    async def take_due(self, moment: datetime, again_at: datetime) -> Connection | None:
        """In one write, so that one replica gets it."""
        with self._store.guarded():
            row = await self._rows.find_one_and_update(
                {**_CHECKED, "check_at": {"$lte": moment}}, {"$set": {"check_at": again_at}}
            )
        return self._connection_of(row) if row else None

    async def reseal_one(self) -> bool:
        """Seal the credentials of one connection with the key that seals now; False when all are."""
        with self._store.guarded():
            row = await self._rows.find_one(
                {
                    "sealed": {"$not": {"$regex": f"^{self._box.key_id}\\."}},
                    "unreadable_by": {"$ne": self._box.key_id},
                }
            )
            if row is None:
                return False
            unchanged = {"_id": row["_id"], "sealed": row["sealed"]}
            plain = self._plain_of(row)
            if plain is None:
                # Not looked at again before there is another key.
                await self._rows.update_one(unchanged, {"$set": {"unreadable_by": self._box.key_id}})
                return True
            sealed = self._box.seal(plain, context=_context(row))
            await self._rows.update_one(unchanged, {"$set": {"sealed": sealed}})
        return True

    def _plain_of(self, row: dict[str, Any]) -> bytes | None:
        """The credentials; those of before were sealed without the kind."""
        for context in (_context(row), f"credentials:{row['account_id']}:{row['_id']}"):
            try:
                return self._box.open(row["sealed"], context=context)
            except PermanentError:
                continue
        return None

    def _document_of(self, connection: Connection) -> dict[str, Any]:
        plain = json.dumps(dict(connection.credentials)).encode()
        document: dict[str, Any] = {
            "_id": connection.id,
            "account_id": connection.account_id,
            "chatbot_id": connection.chatbot_id,
            "channel": connection.channel.value,
            "version": connection.version,
            "name": connection.name,
            "settings": dict(connection.settings),
            "status": connection.status.value,
            "reason": connection.reason,
            "generated": list(connection.generated),
            "updated_at": now(),
            "check_at": now() + FIRST_CHECK,
        }
        return document | {"sealed": self._box.seal(plain, context=_context(document))}

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
            generated=tuple(document.get("generated", ())),
        )
        plain = self._plain_of(document)
        if plain is None:
            # Sealed with another key, or moved from elsewhere: out of use until it is connected anew.
            _log.error("credentials do not open", connection_id=connection.id)
            return connection.broken("credentials_unreadable")
        return connection.holding(json.loads(plain), connection.generated)


def _context(document: dict[str, Any]) -> str:
    """Account, kind and connection: credentials that are moved to another one do not open there."""
    return f"credentials:{document['account_id']}:{document['channel']}:{document['_id']}"


def _entry(event: Envelope) -> OutboxEntry:
    key = f"{topology.account_partition(event.accountid)}.{event.type}"
    return OutboxEntry(event, topology.DELIVERY_EVENTS, key)
