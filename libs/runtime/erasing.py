"""What every service's own database may hold of a person: dead letters and answers given."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase

from libs.contracts import topology
from libs.contracts.base import SYSTEM, Fault, Reply
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.erasure import AcknowledgeErasure, ConversationErased, ErasePerson, names_any
from libs.contracts.errors import ErrorCode
from libs.contracts.vocabulary import FaultKind
from libs.runtime import dead_letters, deduplication
from libs.runtime.clock import now
from libs.runtime.ids import derived_id
from libs.runtime.mongo import Session, Store
from libs.runtime.publisher import Publisher
from libs.runtime.received import Received, Routes

Database = AsyncIOMotorDatabase[dict[str, Any]]

#: What a repeat of a command about somebody who is erased is answered.
_GONE = Reply(
    fault=Fault(kind=FaultKind.DOMAIN, code=ErrorCode.NOT_FOUND, detail="this has been erased")
).model_dump_json()


async def forget_answers(database: Database, subjects: Sequence[str], session: Session | None = None) -> None:
    """Answers to commands about these conversations; that they were carried out stays known."""
    await database[deduplication.COLLECTION].update_many(
        {"about": {"$in": list(subjects)}, "reply": {"$exists": True}},
        {"$set": {"reply": _GONE}},
        session=session,
    )


async def forget_answers_about(
    database: Database, account_id: str, named: str, session: Session | None = None
) -> None:
    """Answers to commands about the account, but no conversation, that name somebody."""
    await database[deduplication.COLLECTION].update_many(
        {"about": account_id, "reply": {"$regex": re.escape(named)}},
        {"$set": {"reply": _GONE}},
        session=session,
    )


async def forget_dead_letters(database: Database, account_id: str, ids: Iterable[str]) -> None:
    """Drop dead letters of the account, and parked bodies, that name one of these ids."""
    wanted = frozenset(ids)
    async for row in database[dead_letters.COLLECTION].find({}):
        try:
            body = json.loads(bytes(row["body"]))
        except ValueError:
            continue
        owner = body.get("accountid") if isinstance(body, dict) else None
        if owner in {None, account_id} and (names_any(body, wanted) or _names_inside(body, wanted)):
            await database[dead_letters.COLLECTION].delete_one({"_id": row["_id"]})


def _names_inside(body: Any, ids: frozenset[str]) -> bool:
    """A parked body lies as text in its envelope."""
    data = body.get("data") if isinstance(body, dict) else None
    text = data.get("body") if isinstance(data, dict) else None
    if not isinstance(text, str):
        return False
    try:
        return names_any(json.loads(text), ids)
    except ValueError:
        return any(one in text for one in ids)


async def acknowledge(
    publisher: Publisher, service: str, erasure_id: str, cause: Envelope, conversation_id: str | None = None
) -> None:
    """Tell the conversation service that nothing is left here."""
    command = AcknowledgeErasure(
        actor=SYSTEM, erasure_id=erasure_id, service=service, conversation_id=conversation_id
    )
    envelope = wrap(
        command,
        id=derived_id(command.type, service, cause.id),
        source=service,
        time=now(),
        accountid=cause.accountid,
        subject=erasure_id,
        cause=cause,
    )
    partition = topology.account_command_partition(cause.accountid)
    await publisher.publish(
        envelope, exchange=topology.CONVERSATION_COMMANDS, routing_key=f"{partition}.{command.type}"
    )


class EraseConversation:
    """Takes `conversation.erased.v1` for a service that keeps something of conversations, behind everything
    that was ever told of it. Doing it twice changes nothing.
    """

    def __init__(
        self,
        forget: Callable[[ConversationErased], Awaitable[None]],
        store: Store,
        publisher: Publisher,
        service: str,
    ) -> None:
        self._forget = forget
        self._store = store
        self._publisher = publisher
        self._service = service

    async def __call__(self, event: ConversationErased, envelope: Envelope) -> None:
        """Forget it, then say so. Raises TransientError."""
        conversation = event.conversation
        await self._forget(event)
        with self._store.guarded():
            await forget_dead_letters(self._store.database, conversation.account_id, {conversation.id})
        await acknowledge(self._publisher, self._service, event.erasure_id, envelope, conversation.id)


def person_routes(
    store: Store,
    publisher: Publisher,
    service: str,
    forget: Callable[[frozenset[str]], Awaitable[None]] | None = None,
    forget_owned: Callable[[str, ErasePerson], Awaitable[None]] | None = None,
) -> Routes:
    """The route of `erase_person.v1`. `forget` takes all that the person is named by out of what else the
    service keeps, `forget_owned` what is theirs in this account. Doing it twice changes nothing.
    """

    async def on_erase_person(received: Received[Any]) -> None:
        command: ErasePerson = received.message
        ids = frozenset(
            {*command.conversation_ids, *command.contact_ids, *(one.alias for one in command.aliases)}
        )
        with store.guarded():
            await forget_dead_letters(store.database, received.envelope.accountid, ids)
        if forget is not None:
            await forget(ids)
        if forget_owned is not None:
            await forget_owned(received.envelope.accountid, command)
        await acknowledge(publisher, service, command.erasure_id, received.envelope)

    return {ErasePerson: on_erase_person}
