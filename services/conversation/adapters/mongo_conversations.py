"""What is read without changing anything."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any

from pymongo import ASCENDING, DESCENDING

from libs.contracts.conversation import Attachment, MessageView, Person, Transition
from libs.contracts.suggestions import SuggestionView
from libs.runtime.mongo import Store
from libs.runtime.outbox import Outbox
from services.conversation.adapters import documents
from services.conversation.adapters.mongo_lists import READ_LIMIT, MongoLists
from services.conversation.adapters.mongo_part import Collection
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.thread_pages import bounds_behind, newest_of
from services.conversation.use_cases.ports import Thread

#: Transitions a thread shows: the newest.
TIMELINE = 200


class MongoConversations(MongoLists):
    """Implements the port Conversations. `count_seconds`: how old the count of a long list may be."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        *,
        count_seconds: float = 5.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__(store, count_seconds=count_seconds, clock=clock)
        self._outbox = outbox

    async def find(self, account_id: str, conversation_id: str) -> Conversation | None:
        """By id."""
        with self._store.guarded():
            row = await self._records.conversations.find_one(
                {"_id": conversation_id, "account_id": account_id}, max_time_ms=READ_LIMIT
            )
        return documents.conversation_of(row) if row else None

    async def thread(
        self,
        account_id: str,
        conversation_id: str,
        limit: int,
        before: int | None,
        bounds: Mapping[str, int] | None = None,
    ) -> Thread | None:
        """Three reads at once, and one more for each conversation that was merged into it."""
        if bounds:
            before = bounds.get(conversation_id)
        of_thread: dict[str, Any] = {"account_id": account_id, "conversation_id": conversation_id}
        earlier = {"sequence": {"$lt": before}} if before is not None else {}
        conversation, messages, timeline = await asyncio.gather(
            self.find(account_id, conversation_id),
            self._newest(self._records.messages, of_thread | earlier, "sequence", limit + 1),
            self._newest(self._records.transitions, of_thread, "version", TIMELINE),
        )
        if conversation is None:
            return None
        if conversation.merged:
            return await self._with_merged(conversation, messages, timeline, limit, before, bounds or {})
        return Thread(
            conversation,
            tuple(documents.message_view_of(row) for row in reversed(messages[:limit])),
            tuple(Transition.model_validate(row) for row in reversed(timeline)),
            more_before=len(messages) > limit,
        )

    async def _with_merged(
        self,
        conversation: Conversation,
        own: list[documents.Document],
        timeline: list[documents.Document],
        limit: int,
        before: int | None,
        bounds: Mapping[str, int],
    ) -> Thread:
        until = None if bounds or before is None else await self._written_at(conversation, before)

        async def read(other: str) -> list[documents.Document]:
            wanted: dict[str, Any] = {"account_id": conversation.account_id, "conversation_id": other}
            if other in bounds:
                wanted["sequence"] = {"$lt": bounds[other]}
            if until is not None:
                wanted["created_at"] = {"$lt": until}
            return await self._newest(self._records.messages, wanted, "sequence", limit + 1)

        found = [own, *await asyncio.gather(*(read(other) for other in conversation.merged))]
        parts = [[documents.message_view_of(row) for row in reversed(rows)] for rows in found]
        shown = newest_of(parts, limit)
        given = dict(bounds) if bounds or before is None else {conversation.id: before}
        return Thread(
            conversation,
            shown,
            tuple(Transition.model_validate(row) for row in reversed(timeline)),
            more_before=sum(len(part) for part in parts) > len(shown),
            bounds=bounds_behind((conversation.id, *conversation.merged), shown, given),
        )

    async def _written_at(self, conversation: Conversation, sequence: int) -> datetime | None:
        """When the message with that sequence, or the next one, was written."""
        wanted = {"account_id": conversation.account_id, "conversation_id": conversation.id}
        with self._store.guarded():
            row = await self._records.messages.find_one(
                {**wanted, "sequence": {"$gte": sequence}},
                projection=["created_at"],
                sort=[("sequence", ASCENDING)],
                max_time_ms=READ_LIMIT,
            )
        return row["created_at"] if row else None

    async def _newest(
        self, collection: Collection, wanted: dict[str, Any], order: str, limit: int
    ) -> list[documents.Document]:
        with self._store.guarded():
            return await (
                collection.find(wanted)
                .sort([(order, DESCENDING), ("_id", DESCENDING)])
                .limit(limit)
                .max_time_ms(READ_LIMIT)
                .to_list(limit)
            )

    async def of_session(
        self, account_id: str, session_id: str, connection_id: str | None, limit: int
    ) -> Sequence[Conversation]:
        """By the index of threads."""
        wanted = {"account_id": account_id, "session_id": session_id}
        if connection_id is not None:
            wanted["connection_id"] = connection_id
        with self._store.guarded():
            found = self._records.conversations.find(wanted).sort("updated_at", DESCENDING).limit(limit)
            return [
                documents.conversation_of(row) for row in await found.max_time_ms(READ_LIMIT).to_list(limit)
            ]

    async def events_after(
        self, account_id: str, conversation_id: str, after: int, limit: int
    ) -> Sequence[dict[str, Any]]:
        """From the outbox, which keeps them seven days."""
        envelopes = await self._outbox.events_after(conversation_id, after, limit)
        return [
            envelope.model_dump(mode="json", exclude_none=True)
            for envelope in envelopes
            if envelope.accountid == account_id
        ]

    async def suggestion(
        self, account_id: str, conversation_id: str, suggestion_id: str
    ) -> SuggestionView | None:
        """By id."""
        with self._store.guarded():
            row = await self._records.suggestions.find_one(
                {"_id": suggestion_id, "account_id": account_id, "conversation_id": conversation_id},
                max_time_ms=READ_LIMIT,
            )
        return documents.suggestion_of(row) if row else None

    async def message(self, account_id: str, conversation_id: str, message_id: str) -> MessageView | None:
        """By id."""
        with self._store.guarded():
            row = await self._records.messages.find_one(
                {"_id": message_id, "account_id": account_id, "conversation_id": conversation_id},
                max_time_ms=READ_LIMIT,
            )
        return documents.message_view_of(row) if row else None

    async def attachment(self, account_id: str, conversation_id: str, file_id: str) -> Attachment | None:
        """By the index of files."""
        wanted = {
            "account_id": account_id,
            "conversation_id": conversation_id,
            "attachments.file_id": file_id,
        }
        with self._store.guarded():
            row = await self._records.messages.find_one(
                wanted, projection=["attachments"], hint="by_file", max_time_ms=READ_LIMIT
            )
        named = row["attachments"] if row else []
        return next((Attachment.model_validate(one) for one in named if one.get("file_id") == file_id), None)

    async def person(self, account_id: str, person_id: str) -> Person | None:
        """By id."""
        with self._store.guarded():
            row = await self._records.people.find_one(
                {"_id": documents.in_account(account_id, person_id), "account_id": account_id},
                max_time_ms=READ_LIMIT,
            )
        return documents.person_of(row) if row else None
