"""The partitions: commands about conversations and accounts, and what delivery says of sent messages."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel

from libs.contracts import topology
from libs.contracts.audit import AuditEntry
from libs.contracts.base import Message
from libs.contracts.conversation import RecordInboundMessage
from libs.contracts.envelope import Envelope
from libs.contracts.errors import DomainError
from libs.contracts.inbound import MoveThread, TakeOverThread
from libs.contracts.platform_console import FollowThreadStatus, RecordConsoleReply
from libs.contracts.starting import StartConversation
from libs.runtime.clock import now
from libs.runtime.deduplication import Deduplication
from libs.runtime.mongo import Session
from libs.runtime.outbox import Outbox
from libs.runtime.received import Handler, Received
from libs.runtime.settlement import Result
from services.conversation.domain.audit import entry_of, made_by
from services.conversation.use_cases.ports import AlreadyRecordedError, Call, Transaction

#: What names its thread, as there may be no conversation yet.
_BY_THREAD = frozenset(
    {
        RecordInboundMessage.type,
        StartConversation.type,
        MoveThread.type,
        TakeOverThread.type,
        FollowThreadStatus.type,
        RecordConsoleReply.type,
    }
)

UseCase = Callable[[Any, Call, Transaction], Awaitable[BaseModel | None]]


class WritableTransaction(Transaction, Protocol):
    """A transaction as this side sees it: what it shall publish is written at its end."""

    async def flush(self) -> None:
        """Write it."""


class Audit(Protocol):
    """The audit trail, written."""

    async def add(self, account_id: str, entry: AuditEntry, session: Session) -> None:
        """With what was done."""

    async def add_refusal(self, account_id: str, entry: AuditEntry) -> None:
        """By itself."""


OpenTransaction = Callable[[Session, Envelope, datetime], WritableTransaction]


class PartitionRoutes:
    """Makes a route of each use case: one transaction with the note that the message was handled, and with
    its entry in the audit trail where a person gave the command. What is refused has its entry, too.
    """

    def __init__(
        self,
        deduplication: Deduplication,
        outbox: Outbox,
        open_transaction: OpenTransaction,
        audit: Audit,
    ) -> None:
        self._deduplication = deduplication
        self._outbox = outbox
        self._open = open_transaction
        self._audit = audit

    def of(
        self, use_cases: Mapping[type[Message], UseCase], *, again: Mapping[type[Message], UseCase]
    ) -> dict[type[Message], Handler]:
        """The routes. `again` answers a message whose effect was stored before under another id."""
        return {
            kind: self._route(use_case, again[kind]) if kind in again else self._once(use_case)
            for kind, use_case in use_cases.items()
        }

    def _once(self, use_case: UseCase) -> Handler:
        async def handle(received: Received[Any], session: Session) -> BaseModel | None:
            moment = now()
            envelope = received.envelope
            transaction = self._open(session, envelope, moment)
            call = Call(envelope.accountid, envelope.id, moment)
            result = await use_case(received.message, call, transaction)
            await transaction.flush()
            entry = entry_of(received.message, envelope, moment)
            if entry is not None:
                made = {**made_by(result), **entry.targets}
                await self._audit.add(envelope.accountid, entry.model_copy(update={"targets": made}), session)
            return result

        return self._audited(self._deduplication.once(handle, outbox=self._outbox))

    def _audited(self, handler: Handler) -> Handler:
        async def handle(received: Received[Any]) -> Result:
            try:
                return await handler(received)
            except DomainError as error:
                envelope = received.envelope
                entry = entry_of(received.message, envelope, now(), result="refused", code=error.code)
                if entry is not None:
                    await self._audit.add_refusal(envelope.accountid, entry)
                raise

        return handle

    def _route(self, use_case: UseCase, again: UseCase) -> Handler:
        first, repeat = self._once(use_case), self._once(again)

        async def handle(received: Received[Any]) -> Result:
            try:
                return await first(received)
            except AlreadyRecordedError:
                return await repeat(received)

        return handle


def lock_key(envelope: Envelope) -> str:
    """What is handled one after the other: a thread, by the four hex digits that its conversation's id ends
    with, or an account. Never raises: what makes no sense is refused where it is handled.
    """
    data = envelope.data
    if envelope.type in _BY_THREAD and not data.get("conversation_id"):
        crc = topology.thread_crc(str(data.get("connection_id")), str(data.get("session_id")))
        return f"{crc:04x}"
    conversation_id = data.get("conversation_id")
    if isinstance(conversation_id, str):
        return conversation_id[-4:]
    return envelope.accountid
