"""One account's records in one MongoDB transaction."""

from datetime import datetime

from pymongo.errors import DuplicateKeyError

from libs.contracts import topology
from libs.contracts.base import Command, Event, Message
from libs.contracts.envelope import Envelope, wrap
from libs.runtime.ids import new_id
from libs.runtime.mongo import Session
from libs.runtime.outbox import Outbox
from libs.runtime.publisher import OutboxEntry
from libs.runtime.telemetry import current_traceparent
from services.conversation.adapters import documents
from services.conversation.adapters.chatbot_cache import ChatbotCache
from services.conversation.adapters.mongo_assigning import MongoAssigning
from services.conversation.adapters.mongo_directory import MongoDirectory
from services.conversation.adapters.mongo_labels import MongoLabels
from services.conversation.adapters.mongo_merging import MongoMerging
from services.conversation.adapters.mongo_messages import MongoMessages
from services.conversation.adapters.mongo_notes import MongoNotes
from services.conversation.adapters.mongo_part import Records, conflict
from services.conversation.adapters.mongo_read_marks import MongoReadMarks
from services.conversation.adapters.mongo_receipts import MongoReceipts
from services.conversation.adapters.mongo_schedule import MongoSchedule
from services.conversation.adapters.mongo_tallies import facts_document
from services.conversation.adapters.mongo_templates import MongoTemplates
from services.conversation.adapters.mongo_tickets import MongoTickets
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.versions import check_unchanged
from services.conversation.domain.work import calls_for_assigning
from services.conversation.use_cases.assign_waiting import assign_soon
from services.conversation.use_cases.ports import AnswerDeadline

SOURCE = "parley/conversation"


class MongoTransaction(
    MongoAssigning,
    MongoDirectory,
    MongoMessages,
    MongoTickets,
    MongoNotes,
    MongoReadMarks,
    MongoSchedule,
    MongoTemplates,
    MongoReceipts,
    MongoMerging,
    MongoLabels,
):
    """Implements the port Transaction within `session`. What it shall publish is collected and written by
    `flush`, in one go.
    """

    def __init__(
        self,
        records: Records,
        outbox: Outbox,
        chatbots: ChatbotCache,
        session: Session,
        cause: Envelope,
        now: datetime,
    ) -> None:
        super().__init__(records, session, cause.accountid, now, chatbots)
        self._outbox = outbox
        self._cause = cause
        self._entries: list[OutboxEntry] = []

    async def conversation(self, conversation_id: str) -> Conversation | None:
        """By id."""
        return await self._find_conversation(_id=conversation_id)

    async def conversation_of(self, connection_id: str, session_id: str) -> Conversation | None:
        """By thread."""
        return await self._find_conversation(session_id=session_id, connection_id=connection_id)

    async def _find_conversation(self, **wanted: str) -> Conversation | None:
        row = await self._get(self._records.conversations, account_id=self._account_id, **wanted)
        return documents.conversation_of(row) if row else None

    def check_version(self, conversation: Conversation) -> None:
        """By the envelope."""
        if conversation.id == self._cause.subject:
            check_unchanged(conversation, self._cause.ifversion)

    async def save(self, conversation: Conversation) -> None:
        """With its events, transitions and deadline."""
        await self._save(conversation, None)

    async def save_assigned(self, conversation: Conversation, limit: int | None) -> None:
        """The same, with the limit in the filter of the count."""
        await self._save(conversation, limit)

    async def _save(self, conversation: Conversation, limit: int | None) -> None:
        await self._write(conversation)
        await self.count_work(conversation, limit)
        if calls_for_assigning(conversation.stored_work, conversation.work):
            await assign_soon(self)
        pending = conversation.pending
        self._facts += pending.facts
        if pending.transitions:
            await self._records.transitions.insert_many(
                [
                    documents.transition_document(transition, conversation, number)
                    for number, transition in enumerate(pending.transitions)
                ],
                session=self._session,
            )
        for suggestion in {one.id: one for one in pending.suggestions}.values():
            await self._put(
                self._records.suggestions, documents.suggestion_document(suggestion, self._account_id)
            )
        if pending.question_settled and conversation.question is None:
            await self._records.timers.delete_one(
                {"_id": documents.deadline_id(conversation.id), "account_id": self._account_id},
                session=self._session,
            )
        if pending.snooze_changed:
            await self._keep_snooze(conversation)
        partition = topology.account_partition(self._account_id)
        self._entries[:0] = [
            OutboxEntry(
                self._wrap(event, conversation.id, sequence=sequence),
                topology.CONVERSATION_EVENTS,
                f"{partition}.{event.type}",
            )
            for sequence, event in pending.events
        ]

    async def _write(self, conversation: Conversation) -> None:
        document = documents.conversation_document(conversation)
        if conversation.stored_version == 0:
            try:
                await self._records.conversations.insert_one(document, session=self._session)
            except DuplicateKeyError as error:
                raise conflict() from error
            return
        replaced = await self._records.conversations.replace_one(
            {
                "_id": conversation.id,
                "account_id": self._account_id,
                "version": conversation.stored_version,
            },
            document,
            session=self._session,
        )
        if replaced.matched_count == 0:
            raise conflict()

    async def put_deadline(self, deadline: AnswerDeadline) -> None:
        """In place of the conversation's last one."""
        await self._put(self._records.timers, documents.deadline_document(deadline, self._account_id))

    def send(
        self, command: Command, *, exchange: str, subject: str, expires_at: datetime | None = None
    ) -> None:
        """With the events, by `flush`."""
        self._entries.append(
            OutboxEntry(self._wrap(command, subject, expires_at=expires_at), exchange, command.type)
        )

    def tell(self, command: Command, conversation_id: str) -> None:
        """With the events, by `flush`."""
        partition = topology.partition(topology.conversation_crc(conversation_id))
        envelope = self._wrap(command, conversation_id)
        key = f"{partition}.{command.type}"
        self._entries.append(OutboxEntry(envelope, topology.CONVERSATION_COMMANDS, key))

    def tell_account(self, command: Command) -> None:
        """With the events, by `flush`."""
        partition = topology.account_command_partition(self._account_id)
        key = f"{partition}.{command.type}"
        self._entries.append(OutboxEntry(self._wrap(command, None), topology.CONVERSATION_COMMANDS, key))

    def publish(self, event: Event) -> None:
        """By `flush`."""
        key = f"{topology.account_partition(self._account_id)}.{event.type}"
        self._entries.append(OutboxEntry(self._wrap(event, None), topology.CONVERSATION_EVENTS, key))

    def tell_thread(self, command: Command, connection_id: str, session_id: str) -> None:
        """With the events, by `flush`."""
        partition = topology.partition(topology.thread_crc(connection_id, session_id))
        key = f"{partition}.{command.type}"
        envelope = self._wrap(command, session_id)
        self._entries.append(OutboxEntry(envelope, topology.CONVERSATION_COMMANDS, key))

    async def flush(self) -> None:
        """Write what shall be published, events first; the last thing in a transaction."""
        entries, self._entries = self._entries, []
        facts, self._facts = self._facts, []
        if facts:
            await self._records.facts.insert_one(
                facts_document(self._account_id, facts), session=self._session
            )
        await self._outbox.add(self._session, entries)

    def _wrap(
        self,
        message: Message,
        subject: str | None,
        *,
        sequence: int | None = None,
        expires_at: datetime | None = None,
    ) -> Envelope:
        return wrap(
            message,
            id=new_id(),
            source=SOURCE,
            time=self._now,
            accountid=self._account_id,
            subject=subject,
            sequence=sequence,
            cause=self._cause,
            traceparent=current_traceparent(),
            expiresat=expires_at,
        )
