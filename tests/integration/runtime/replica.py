"""One replica of a service with ordered queues, as tests start, stop and kill it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from libs.contracts.envelope import Envelope
from libs.runtime.consuming import Consumers
from libs.runtime.deduplication import Deduplication
from libs.runtime.membership import Membership
from libs.runtime.mongo import Session, Store
from libs.runtime.publisher import Publisher
from libs.runtime.received import Received
from tests.integration.runtime.messages import Step
from tests.integration.runtime.proxy import Proxy


def key_of(envelope: Envelope) -> str:
    """The ordering key of these tests."""
    return envelope.subject or ""


class Replica:
    """Handles steps: each is noted in the document of its key, in one transaction with its de-duplication."""

    def __init__(self, name: str, url: str, store: Store, queues: Sequence[str]) -> None:
        self.name = name
        self.handled = 0
        self.proxy = Proxy(url)
        self._queues = queues
        self._store = store
        self.membership = Membership(store, name, renewal=0.1, lapse_milliseconds=1_000)
        self._tasks: list[asyncio.Task[Any]] = []

    async def _note(self, received: Received[Step], session: Session) -> BaseModel | None:
        step = received.message
        await self._store.database["effects"].update_one(
            {"_id": step.key}, {"$push": {"numbers": step.number}}, upsert=True, session=session
        )
        self.handled += 1
        return None

    async def start(self) -> "Replica":
        """Begin to read."""
        await self.proxy.accept()
        self._publisher = Publisher(self.proxy.url, self.name)
        self.consumers = Consumers(self.proxy.url, self._publisher, self.name, self.membership)
        once = Deduplication(self._store, "steps").once(self._note)
        self.consumers.partitions(self._queues, {Step: once}, lock_key=key_of)
        await self.consumers.start()
        runs = [*self.consumers.background(), self.membership.run]
        self._tasks = [asyncio.create_task(run()) for run in runs]
        return self

    def check(self) -> None:
        """Raise what ended a background task, of which none ends by itself."""
        for task in self._tasks:
            if task.done():
                task.result()

    async def stop(self) -> None:
        """Drain and go, as on SIGTERM."""
        await self.consumers.drain(10)
        await self._end()
        await self.membership.leave()
        await self._close()

    async def kill(self) -> None:
        """Go without a word: connections are cut, the membership row stays."""
        await self.proxy.refuse()
        await self._end()
        await self._close()

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _close(self) -> None:
        await self.consumers.stop()
        await self._publisher.close()
        await self.proxy.refuse()
