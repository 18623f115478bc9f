"""Account frames in MongoDB.

    frames    {_id: event id, account_id, seq, body, at}    unique by (account_id, seq), gone after a day
    numbers   {_id: account id, reserved, start, at}        no number above `reserved` has been given out

A number is the last one plus one, and the unique index says whether it was free: one insert, no counter to
write. What `last` is, this process remembers, because it alone numbers the accounts of its partitions; where
that is wrong (another writer that was cut off and does not know it), the index refuses and it is read again.
`reserved` runs ahead by a block, so that numbers go on rising when a quiet account's frames are all gone;
memory is far shorter than frames are kept, so that it is never behind such a leap. `start` is the last number
at the time of the reservation, `at`: where no frame is there and the reservation is younger than frames are
kept, none has been written since, and a second writer begins where the first is about to, so that the index
sees both. Beginning behind the reservation would give the account two rows of numbers that never meet.
"""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import BulkWriteError

from libs.contracts.erasure import without_person
from libs.contracts.errors import ErrorCode, TransientError
from libs.contracts.frames import Frame
from libs.runtime.clock import now
from libs.runtime.mongo import Store
from services.notify.use_cases.ports import Kept, Unnumbered

FRAMES = "frames"
NUMBERS = "numbers"
KEPT_SECONDS = 24 * 3600
INDEXES = {
    FRAMES: [
        IndexModel([("account_id", ASCENDING), ("seq", ASCENDING)], name="one_number_once", unique=True),
        IndexModel("at", name="kept_a_day", expireAfterSeconds=KEPT_SECONDS),
    ],
    NUMBERS: [],
}

#: Numbers that are reserved at once: a write for each so many frames.
BLOCK = 500
#: Seconds after which a remembered number is read again.
REMEMBERED_SECONDS = 600.0
#: Accounts whose last number is remembered; beyond, all are forgotten and read again.
MOST_REMEMBERED = 10_000
#: Times a batch is numbered anew when another writer was faster.
_ROUNDS = 5
_DUPLICATE = 11_000


class MongoFrames:
    """The port Frames."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = clock
        self._rows = store.database[FRAMES]
        self._numbers = store.database[NUMBERS]
        self._last: dict[str, tuple[int, float]] = {}
        self._reserved: dict[str, int] = {}

    async def append(self, account_id: str, frames: Sequence[Unnumbered]) -> list[Frame]:
        """Number and keep."""
        try:
            for number in range(_ROUNDS):
                known = await self._numbered(account_id, frames) if number else {}
                if await self._insert(account_id, frames, known):
                    return [known[one.event_id] for one in frames]
                self._forget(account_id)
        except BaseException:
            self._forget(account_id)  # nobody knows what was written
            raise
        raise TransientError(ErrorCode.UNAVAILABLE, "other writers were faster every time")

    async def _insert(self, account_id: str, frames: Sequence[Unnumbered], known: dict[str, Frame]) -> bool:
        """Insert what is not known yet, and make it known; false when a number or an event was there."""
        fresh = {one.event_id: one.frame for one in frames if one.event_id not in known}
        last = await self._last_of(account_id)
        await self._reserve(account_id, last, last + len(fresh))
        moment = now()
        rows = []
        for seq, (event_id, frame) in enumerate(fresh.items(), start=last + 1):
            known[event_id] = frame.model_copy(update={"seq": seq})
            rows.append(_row(event_id, known[event_id], moment))
        if rows:
            with self._store.guarded():
                try:
                    await self._rows.insert_many(rows, ordered=True)
                except BulkWriteError as error:
                    if all(one.get("code") == _DUPLICATE for one in error.details["writeErrors"]):
                        return False
                    raise
        self._last[account_id] = (last + len(rows), self._clock())
        return True

    async def _numbered(self, account_id: str, frames: Sequence[Unnumbered]) -> dict[str, Frame]:
        """Those that have their number already."""
        wanted = {"_id": {"$in": [one.event_id for one in frames]}, "account_id": account_id}
        with self._store.guarded():
            rows = await self._rows.find(wanted).to_list(len(frames))
        return {row["_id"]: _frame(row) for row in rows}

    async def _last_of(self, account_id: str) -> int:
        last, at = self._last.get(account_id, (0, float("-inf")))
        if self._clock() - at > REMEMBERED_SECONDS:
            last = await self._read_last(account_id)
            if len(self._last) >= MOST_REMEMBERED:
                self._last.clear()
                self._reserved.clear()
        return last

    async def _read_last(self, account_id: str) -> int:
        with self._store.guarded():
            newest = await self._rows.find_one({"account_id": account_id}, sort=[("seq", DESCENDING)])
            if newest:
                return int(newest["seq"])
            number = await self._numbers.find_one({"_id": account_id})
        if not number:
            return 0
        unused = "at" in number and now() - number["at"] < timedelta(seconds=KEPT_SECONDS)
        return int(number["start"] if unused else number["reserved"])

    async def _reserve(self, account_id: str, last: int, highest: int) -> None:
        """See to it that `reserved` is at least `highest` before the number after `last` is given out."""
        if highest <= self._reserved.get(account_id, 0):
            return
        reserved = highest + BLOCK
        higher = {"$lt": [{"$ifNull": ["$reserved", 0]}, reserved]}
        fields = {"start": last, "at": now(), "reserved": reserved}  # computed from the row as it was
        change = {name: {"$cond": [higher, value, f"${name}"]} for name, value in fields.items()}
        with self._store.guarded():
            await self._numbers.update_one({"_id": account_id}, [{"$set": change}], upsert=True)
        self._reserved[account_id] = reserved

    def _forget(self, account_id: str) -> None:
        self._last.pop(account_id, None)

    async def erase(self, account_id: str, conversation_id: str) -> None:
        """Numbers and types stay, so that clients that resume miss none. All are looked through."""
        of_account = {"account_id": account_id, "body": {"$regex": re.escape(conversation_id)}}
        with self._store.guarded():
            async for row in self._rows.find(of_account):
                frame = _frame(row)
                if frame.conversation_id == conversation_id:
                    clean = frame.model_copy(update={"fields": without_person(frame.fields)})
                    await self._rows.update_one(
                        {"_id": row["_id"]}, {"$set": {"body": clean.model_dump_json()}}
                    )

    async def after(self, account_id: str, number: int, limit: int) -> Kept:
        """A page of what is kept."""
        last = await self._read_last(account_id)
        with self._store.guarded():
            oldest = await self._rows.find_one({"account_id": account_id}, sort=[("seq", ASCENDING)])
            found = self._rows.find({"account_id": account_id, "seq": {"$gt": number}})
            rows = await found.sort("seq", ASCENDING).limit(limit + 1).to_list(limit + 1)
        return Kept(
            frames=tuple(_frame(row) for row in rows[:limit]),
            last=max([last, *(int(row["seq"]) for row in rows)]),
            oldest=int(oldest["seq"]) if oldest else last + 1,
            more=len(rows) > limit,
        )


def _row(event_id: str, frame: Frame, moment: Any) -> dict[str, Any]:
    return {
        "_id": event_id,
        "account_id": frame.account_id,
        "seq": frame.seq,
        "body": frame.model_dump_json(),
        "at": moment,
    }


def _frame(row: dict[str, Any]) -> Frame:
    return Frame.model_validate_json(row["body"])
