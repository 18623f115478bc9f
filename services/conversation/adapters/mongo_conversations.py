"""What is read without changing anything."""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from pymongo import ASCENDING, DESCENDING

from libs.contracts.conversation import MessageView, Person, Transition
from libs.contracts.suggestions import SuggestionView
from libs.contracts.vocabulary import Status
from libs.runtime.mongo import Store
from libs.runtime.outbox import Outbox
from services.conversation.adapters import documents
from services.conversation.adapters.mongo_part import Collection, Records
from services.conversation.adapters.mongo_tickets import ticket_clauses
from services.conversation.domain.conversation import Conversation
from services.conversation.use_cases.ports import ListFilter, Thread, Window

#: Transitions a thread shows: the newest.
TIMELINE = 200
#: Counting fewer rows is cheap and done each time; a longer list's figure is kept for some seconds.
CHEAP_COUNT = 1_000
#: Such figures kept at most.
MOST_COUNTS = 1_000
#: Milliseconds a read may take in the store.
READ_LIMIT = 2_500

_STATUSES = [status.value for status in Status]


class MongoConversations:
    """Implements the port Conversations. `count_seconds`: how old the count of a long list may be."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        *,
        count_seconds: float = 5.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._count_seconds = count_seconds
        self._clock = clock
        self._counts: dict[tuple[str, ListFilter], tuple[float, int]] = {}
        self._records = Records(store)

    async def find(self, account_id: str, conversation_id: str) -> Conversation | None:
        """By id."""
        with self._store.guarded():
            row = await self._records.conversations.find_one(
                {"_id": conversation_id, "account_id": account_id}, max_time_ms=READ_LIMIT
            )
        return documents.conversation_of(row) if row else None

    async def thread(
        self, account_id: str, conversation_id: str, limit: int, before: int | None
    ) -> Thread | None:
        """Three reads at once."""
        of_thread: dict[str, Any] = {"account_id": account_id, "conversation_id": conversation_id}
        earlier = {"sequence": {"$lt": before}} if before is not None else {}
        conversation, messages, timeline = await asyncio.gather(
            self.find(account_id, conversation_id),
            self._newest(self._records.messages, of_thread | earlier, "sequence", limit + 1),
            self._newest(self._records.transitions, of_thread, "version", TIMELINE),
        )
        if conversation is None:
            return None
        return Thread(
            conversation,
            tuple(documents.message_view_of(row) for row in reversed(messages[:limit])),
            tuple(Transition.model_validate(row) for row in reversed(timeline)),
            more_before=len(messages) > limit,
        )

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

    async def rows(self, account_id: str, wanted: ListFilter, window: Window) -> Sequence[Conversation]:
        """Along an index, in order."""
        query = list_query(account_id, wanted, window)
        if query is None:
            return []
        direction = DESCENDING if window.newest_first else ASCENDING
        with self._store.guarded():
            found = (
                self._records.conversations.find(query)
                .sort([("updated_at", direction), ("_id", direction)])
                .skip(window.skip)
                .limit(window.size)
                .max_time_ms(READ_LIMIT)
            )
            return [documents.conversation_of(row) for row in await found.to_list(window.size)]

    async def count(self, account_id: str, wanted: ListFilter, limit: int) -> int:
        """Stops at `limit`; a long list's figure is kept for some seconds."""
        until, known = self._counts.get((account_id, wanted), (0.0, 0))
        if self._clock() < until:
            return known
        query = list_query(account_id, wanted, None)
        if query is None:
            return 0
        with self._store.guarded():
            count = await self._records.conversations.count_documents(
                query, limit=limit, maxTimeMS=READ_LIMIT
            )
        if count > CHEAP_COUNT:
            if len(self._counts) >= MOST_COUNTS:
                self._counts.clear()
            self._counts[account_id, wanted] = (self._clock() + self._count_seconds, count)
        return count

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

    async def person(self, account_id: str, person_id: str) -> Person | None:
        """By id."""
        with self._store.guarded():
            row = await self._records.people.find_one(
                {"_id": documents.in_account(account_id, person_id), "account_id": account_id},
                max_time_ms=READ_LIMIT,
            )
        return documents.person_of(row) if row else None


def list_query(account_id: str, wanted: ListFilter, window: Window | None) -> dict[str, Any] | None:
    """The filter of a list; None when nothing can match.

    What somebody may see is one branch by department and one by assignment, each with everything else inside,
    so that the store walks an index in order for each and merges them instead of sorting.
    """
    common: dict[str, Any] = {
        "account_id": account_id,
        "status": wanted.status.value if wanted.status else {"$in": _STATUSES},
    }
    if wanted.channel:
        common["channel"] = wanted.channel.value
    if wanted.chatbot_id:
        common["chatbot_id"] = wanted.chatbot_id
    if wanted.contact_id:
        common["contact.id"] = wanted.contact_id
    if wanted.tickets_only:
        common |= ticket_clauses(wanted.ticket_status)
    if window and window.after:
        common |= _behind(window)
    branches = [common | branch for branch in _branches(wanted)]
    if not branches:
        return None
    return branches[0] if len(branches) == 1 else {"$or": branches}


def _behind(window: Window) -> dict[str, Any]:
    """Rows behind a place: the index bound takes the time, the rest sorts out those of the same moment."""
    assert window.after is not None  # noqa: S101 - for the type checker; the caller has looked
    place = window.after
    bound, passed = ("$lte", "$gte") if window.newest_first else ("$gte", "$lte")
    return {
        "updated_at": {bound: place.updated_at},
        "$nor": [{"updated_at": place.updated_at, "_id": {passed: place.conversation_id}}],
    }


def _branches(wanted: ListFilter) -> list[dict[str, Any]]:
    asked: dict[str, Any] = {}
    if wanted.department:
        asked["department"] = wanted.department
    if wanted.assignee_id:
        asked["assignee_id"] = wanted.assignee_id
    seen = wanted.visibility
    if seen.everything:
        return [asked]
    if seen.requester_id is not None:
        return [asked | {"requester_id": seen.requester_id}]
    branches = []
    if not wanted.department or wanted.department in seen.departments:
        branches.append({"department": {"$in": [None, *sorted(seen.departments)]}} | asked)
    if seen.person_id is not None and wanted.assignee_id in {None, seen.person_id}:
        branches.append(asked | {"assignee_id": seen.person_id})
    return [] if seen.nothing else branches
