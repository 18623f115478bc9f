"""Erasures in MongoDB: what is taken out where, and the worker that asks until all is gone."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bson import Binary
from pymongo import UpdateOne
from pymongo.errors import PyMongoError

from libs.contracts import topology
from libs.contracts.base import SYSTEM, Command
from libs.contracts.contacts import ContactAlias
from libs.contracts.envelope import wrap
from libs.contracts.erasure import EraseConversation, ErasePerson, without_person
from libs.contracts.errors import TransientError
from libs.runtime import dead_letters, deduplication, outbox
from libs.runtime.clock import now
from libs.runtime.erasing import forget_answers, forget_answers_about, forget_dead_letters
from libs.runtime.ids import new_id
from libs.runtime.logs import get_logger
from libs.runtime.mongo import Store
from libs.runtime.publisher import OutboxEntry, Publisher
from services.conversation.adapters.documents import Document
from services.conversation.adapters.mongo_contacts import MongoContacts, contact_of
from services.conversation.adapters.mongo_part import Records
from services.conversation.domain.contact import Contact
from services.conversation.domain.erasure import Erasure

#: How long is waited for acknowledgements before everybody who owes one is asked again.
PATIENCE = timedelta(seconds=10)
#: Of a message all of this stays: whose turn it was, and what became of it.
_KEPT_OF_MESSAGE = (
    "_id",
    "account_id",
    "connection_id",
    "conversation_id",
    "sequence",
    "direction",
    "kind",
    "is_ai",
    "confidence",
    "feedback",
    "delivery",
    "created_at",
)
#: Collections that are taken care of one by one, or hold nothing of a single conversation.
_KNOWN = frozenset(
    {
        "accounts",
        "audit",
        "chatbots",
        "contacts",
        "conversations",
        "erasures",
        "facts",
        "labels",
        "leases",
        "members",
        "messages",
        "people",
        "tallies",
        "transitions",
        dead_letters.COLLECTION,
        deduplication.COLLECTION,
        outbox.COLLECTION,
    }
)
_log = get_logger("erasures")
_SIMILAR = "analysis.similar.conversation_id"


class MongoErasures(MongoContacts):
    """Erasures within a transaction."""

    async def forget_contact(self, contact_id: str) -> Sequence[Contact]:
        """It and those that were merged into it."""
        wanted = {
            "account_id": self._account_id,
            "$or": [{"_id": contact_id}, {"merged_into": contact_id}],
        }
        rows = await self._records.contacts.find(wanted, session=self._session).to_list(None)
        await self._records.contacts.delete_many(wanted, session=self._session)
        for row in rows:
            await forget_answers_about(self._records.database, self._account_id, row["_id"], self._session)
        return [contact_of(row) for row in rows]

    async def erasure(self, erasure_id: str) -> Erasure | None:
        """By id."""
        row = await self._get(self._records.erasures, _id=erasure_id, account_id=self._account_id)
        return erasure_of(row) if row else None

    async def erasure_of(self, contact_id: str) -> Erasure | None:
        """By contact."""
        row = await self._get(self._records.erasures, contact_ids=contact_id, account_id=self._account_id)
        return erasure_of(row) if row else None

    async def save_erasure(self, erasure: Erasure) -> None:
        """New or not; the worker looks at it after a while, or at once when only services are left to ask."""
        at_once = not erasure.done_at and bool(erasure.open_services)
        await self._put(self._records.erasures, _row(erasure, self._now if at_once else self._now + PATIENCE))

    async def erase_records(self, conversation_id: str, *, connection_id: str, names: frozenset[str]) -> None:
        """Messages, transitions, events, answers, and whatever else names the conversation."""
        database, session = self._records.database, self._session
        of_it = {"account_id": self._account_id, "conversation_id": conversation_id}
        kept: dict[str, Any] = {name: f"${name}" for name in _KEPT_OF_MESSAGE}
        blank = {"content": "", "attachments": [], "citations": [], "external_ids": []}
        sender = {
            "kind": "$sender.kind",
            "id": "$sender.id",
            "name": {"$cond": [{"$eq": ["$sender.kind", "agent"]}, "$sender.name", ""]},
        }
        await self._records.messages.update_many(
            of_it, [{"$replaceWith": {**kept, **blank, "sender": sender}}], session=session
        )
        await self._records.transitions.update_many(
            of_it | {"actor_kind": {"$in": ["contact", "user"]}},
            {"$set": {"actor_name": ""}},
            session=session,
        )
        await self._erase_events(conversation_id)
        for name in await database.list_collection_names():
            if name not in _KNOWN and not name.startswith("system."):
                await database[name].delete_many(of_it, session=session)
        # Suggestions in other conversations show what settled this one.
        await self._records.suggestions.update_many(
            {"account_id": self._account_id, _SIMILAR: conversation_id},
            {"$pull": {"analysis.similar": {"conversation_id": conversation_id}}},
            session=session,
        )
        await self._erase_audit(of_it)
        await forget_answers(database, [conversation_id], session)
        # Who wrote meanwhile under another name has been made a contact again.
        await self._records.contacts.delete_many(
            {
                "account_id": self._account_id,
                "connection_id": connection_id,
                "alias": {"$in": sorted(names)},
            },
            session=session,
        )
        await forget_dead_letters(database, self._account_id, names)

    async def _erase_events(self, conversation_id: str) -> None:
        rows = self._records.database[outbox.COLLECTION]
        await rows.delete_many({"about": conversation_id}, session=self._session)
        changes = []
        async for row in rows.find({"subject": conversation_id}, session=self._session):
            envelope = json.loads(bytes(row["body"]))
            # The subject of an envelope is the conversation's id; what is said is in its data.
            envelope["data"] = without_person(envelope["data"])
            body = Binary(json.dumps(envelope).encode())
            changes.append(UpdateOne({"_id": row["_id"]}, {"$set": {"body": body}}))
        if changes:
            await rows.bulk_write(changes, session=self._session)

    async def _erase_audit(self, of_it: dict[str, Any]) -> None:
        rows = self._records.database["audit"]
        async for row in rows.find(of_it, session=self._session):
            await rows.replace_one({"_id": row["_id"]}, without_person(row), session=self._session)


class MongoErasureReads:
    """Implements the port Erasures, and asks again whoever owes an acknowledgement."""

    def __init__(self, store: Store, publisher: Publisher, poll: float) -> None:
        self._store = store
        self._rows = Records(store).erasures
        self._publisher = publisher
        self._poll = poll

    async def erasure(self, account_id: str, erasure_id: str) -> Erasure | None:
        """By id."""
        with self._store.guarded():
            row = await self._rows.find_one({"_id": erasure_id, "account_id": account_id})
        return erasure_of(row) if row else None

    async def run(self) -> None:
        """Ask, until cancelled."""
        while True:
            try:
                while await self.ask_one():
                    pass
            except (TransientError, PyMongoError) as error:
                _log.warning("erasures not continued", error_type=type(error).__name__)
            await asyncio.sleep(self._poll)

    async def ask_one(self) -> bool:
        """Ask everybody whom one erasure waits for; False when none is due."""
        moment = now()
        with self._store.guarded():
            row: Document | None = await self._rows.find_one_and_update(
                {"open": True, "next_attempt_at": {"$lte": moment}},
                {"$set": {"next_attempt_at": moment + PATIENCE}},
            )
        if row is None:
            return False
        await self._publisher.publish_many(_entries(erasure_of(row), moment))
        return True


def _entries(erasure: Erasure, moment: datetime) -> list[OutboxEntry]:
    entries = []
    for conversation_id in erasure.open_conversations:
        command = EraseConversation(actor=SYSTEM, erasure_id=erasure.id, conversation_id=conversation_id)
        partition = topology.partition(topology.conversation_crc(conversation_id))
        key = f"{partition}.{command.type}"
        entries.append(_entry(command, erasure, moment, topology.CONVERSATION_COMMANDS, key, conversation_id))
    for service in erasure.open_services:
        person = ErasePerson(
            actor=SYSTEM,
            erasure_id=erasure.id,
            conversation_ids=erasure.conversation_ids,
            contact_ids=erasure.contact_ids,
            aliases=erasure.aliases,
        )
        entries.append(_entry(person, erasure, moment, f"{service}.cmd", person.type, erasure.id))
    return entries


def _entry(
    command: Command, erasure: Erasure, moment: datetime, exchange: str, key: str, subject: str
) -> OutboxEntry:
    envelope = wrap(
        command,
        id=new_id(),
        source="parley/conversation",
        time=moment,
        accountid=erasure.account_id,
        subject=subject,
    )
    return OutboxEntry(envelope, exchange, key)


def _row(erasure: Erasure, next_attempt_at: datetime) -> Document:
    return {
        "_id": erasure.id,
        "account_id": erasure.account_id,
        "contact_id": erasure.contact_id,
        "contact_ids": list(erasure.contact_ids),
        "aliases": [alias.model_dump() for alias in erasure.aliases],
        "conversation_ids": list(erasure.conversation_ids),
        "requested_at": erasure.requested_at,
        "done_at": erasure.done_at,
        "waiting": sorted(erasure.waiting),
        "open": erasure.done_at is None,
        "next_attempt_at": next_attempt_at,
    }


def erasure_of(row: Document) -> Erasure:
    """A document's erasure."""
    return Erasure(
        id=row["_id"],
        account_id=row["account_id"],
        contact_id=row["contact_id"],
        contact_ids=tuple(row["contact_ids"]),
        aliases=tuple(ContactAlias.model_validate(alias) for alias in row["aliases"]),
        conversation_ids=tuple(row["conversation_ids"]),
        requested_at=row["requested_at"],
        done_at=row["done_at"],
        waiting=set(row["waiting"]),
    )
