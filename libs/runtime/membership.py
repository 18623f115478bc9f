"""Which replicas of a service are alive, and which partitions each should serve.

A row a replica, renewed every two seconds and gone eight seconds after the last renewal. Partitions are dealt
out in the order of the replicas' names, so that every replica comes to the same result by itself.
"""

import asyncio
from collections.abc import Callable, Sequence

from pymongo import IndexModel

from libs.contracts.errors import TransientError
from libs.runtime.logs import get_logger
from libs.runtime.mongo import Store

COLLECTION = "members"
INDEXES: dict[str, list[IndexModel]] = {
    COLLECTION: [IndexModel("seen_at", expireAfterSeconds=3600, name="forgotten_after_an_hour")]
}

RENEWAL = 2.0
LAPSE_MILLISECONDS = 8_000

_log = get_logger("membership")


def deal(names: Sequence[str], members: Sequence[str], member: str) -> set[str]:
    """The partitions of `member`: every n-th one. Empty for one who is not a member."""
    order = sorted(members)
    if member not in order:
        return set()
    place = order.index(member)
    return {name for number, name in enumerate(sorted(names)) if number % len(order) == place}


class Membership:
    """This replica's row, and what it knows of the others. Only members that consume count.

    `generation` rises whenever the partitions have to be dealt again: when a member comes or goes, and when
    one lost its connection, and with it its place before the others, and reads again.
    """

    def __init__(
        self,
        store: Store,
        instance: str,
        *,
        renewal: float = RENEWAL,
        lapse_milliseconds: int = LAPSE_MILLISECONDS,
    ) -> None:
        self._store = store
        self.instance = instance
        self.renewal = renewal
        self._lapse = lapse_milliseconds
        self.members: tuple[str, ...] = (instance,)
        self.generation = 0
        self.changed = asyncio.Event()
        self._conditions: list[Callable[[], bool]] = []
        self._beginnings = 0
        self._known: tuple[tuple[str, int], ...] = ()

    def serve_when(self, condition: Callable[[], bool]) -> None:
        """A replica that does not read its queues yet must not be dealt any: all conditions must hold."""
        self._conditions.append(condition)

    def began_again(self) -> None:
        """This replica lost its places at the broker and takes new ones, behind the others."""
        self._beginnings += 1

    async def reach_store(self) -> None:
        """Raise TransientError unless the store answers."""
        await self._store.ping()

    @property
    def alone(self) -> bool:
        """Whether no other replica is alive, as far as is known."""
        return self.members == (self.instance,)

    async def renew(self) -> None:
        """Say that we are here and look who else is. Raises TransientError."""
        rows = self._store.database[COLLECTION]
        with self._store.guarded():
            if all(condition() for condition in self._conditions):
                seen = {"seen_at": "$$NOW", "beginnings": self._beginnings}
                await rows.update_one({"_id": self.instance}, [{"$set": seen}], upsert=True)
            alive = {
                "$expr": {"$gt": ["$seen_at", {"$subtract": ["$$NOW", self._lapse]}]},
            }
            found = {row["_id"]: row["beginnings"] async for row in rows.find(alive).limit(1000)}
        known = tuple(sorted(found.items()))
        if known != self._known:
            self._known = known
            self.members = tuple(sorted({*found, self.instance}))
            self.generation += 1
            self.changed.set()

    async def run(self) -> None:
        """Renew until cancelled."""
        while True:
            try:
                await self.renew()
            except TransientError as error:
                _log.warning("membership not renewed", code=error.code)
            await asyncio.sleep(self.renewal)

    async def leave(self) -> None:
        """Say that we go, so that the others need not wait for the lapse."""
        with self._store.guarded():
            await self._store.database[COLLECTION].delete_one({"_id": self.instance})
