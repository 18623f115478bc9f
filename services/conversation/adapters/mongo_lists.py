"""Lists of conversations: along an index, in order, whatever they are narrowed down by."""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from bson import decode
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, DESCENDING

from libs.contracts.vocabulary import Status
from libs.runtime.mongo import Store
from libs.runtime.recent import Recent
from services.conversation.adapters import documents
from services.conversation.adapters.mongo_part import Records
from services.conversation.adapters.mongo_tickets import ticket_clauses
from services.conversation.use_cases.ports import ListFilter, Window
from services.conversation.use_cases.rows import Row

#: Counting fewer rows is cheap and done each time; a longer list's figure is kept for some seconds. The store
#: counts 150 rows in a millisecond of its processor, as long as the page itself takes it.
CHEAP_COUNT = 100
#: Such figures kept at most.
MOST_COUNTS = 1_000
#: Milliseconds a read may take in the store.
READ_LIMIT = 2_500

#: Rows kept at most, of about 8 KB each, and the seconds after which one that nobody reads may be forgotten.
MOST_ROWS, ROW_SECONDS = 4_000, 60.0
_AWARE = CodecOptions[dict[str, Any]](tz_aware=True)

_STATUSES = [status.value for status in Status]


class MongoLists:
    """The lists of the port Conversations. `count_seconds`: how old the count of a long list may be."""

    def __init__(
        self, store: Store, *, count_seconds: float = 5.0, clock: Callable[[], float] = monotonic
    ) -> None:
        self._store = store
        self._count_seconds = count_seconds
        self._clock = clock
        self._counts: dict[tuple[str, ListFilter], tuple[float, int]] = {}
        self._records = Records(store)
        self._undecoded: AsyncIOMotorCollection[RawBSONDocument] = store.database.get_collection(
            "conversations",
            codec_options=CodecOptions(RawBSONDocument),  # type: ignore[assignment] # not followed by Motor
        )
        # By all the bytes of the document: a row cannot be older than what the store has just sent.
        self._rows: Recent[bytes, Row] = Recent(MOST_ROWS, ROW_SECONDS, clock)

    async def rows(self, account_id: str, wanted: ListFilter, window: Window) -> Sequence[Row]:
        """Along an index, in order. What is stored as it was is neither decoded nor written again."""
        query = list_query(account_id, wanted, window)
        if query is None:
            return []
        direction = DESCENDING if window.newest_first else ASCENDING
        with self._store.guarded():
            found = (
                self._undecoded.find(query)
                .sort([(window.by, direction), ("_id", direction)])
                .skip(window.skip)
                .limit(window.size)
                .max_time_ms(READ_LIMIT)
            )
            return [self._row(bytes(document.raw)) for document in await found.to_list(window.size)]

    def _row(self, stored: bytes) -> Row:
        row = self._rows.get(stored)
        if row is None:
            row = Row(documents.conversation_of(decode(stored, _AWARE)))
            self._rows.put(stored, row)
        return row

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
    if wanted.label:
        common["labels"] = wanted.label
    if wanted.snoozed is not None:
        common["snoozed_until"] = {"$exists": wanted.snoozed}
    if wanted.among is not None:
        common["_id"] = {"$in": list(wanted.among)}
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
        window.by: {bound: place.moment},
        "$nor": [{window.by: place.moment, "_id": {passed: place.conversation_id}}],
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
