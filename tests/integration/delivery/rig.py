"""One replica's sending half, over the real store and a real HTTP connection to the stand-in."""

import asyncio
import os
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Any

from libs.contracts.envelope import Envelope
from libs.contracts.vocabulary import Channel
from libs.runtime.clock import now
from libs.runtime.crypto import SealedBox
from libs.runtime.ids import new_id
from libs.runtime.mongo import Store
from libs.runtime.outbox import Outbox
from services.delivery.adapters.mongo_connections import MongoConnections
from services.delivery.adapters.mongo_ledger import MongoLedger
from services.delivery.adapters.mongo_mail_threads import MongoMailThreads
from services.delivery.adapters.remembered_connections import RememberedConnections
from services.delivery.adapters.telegram_channel import TelegramChannel
from services.delivery.domain.pacing import Gates
from services.delivery.use_cases.announcing import Announcing
from services.delivery.use_cases.dispatch_replies import DispatchReplies
from services.delivery.use_cases.follow_mail import FollowMail
from services.delivery.use_cases.send_reply import SendReply
from services.delivery.use_cases.take_reply import TakeReply
from tests.patience import PATIENCE
from tests.unit.delivery.build import connection, recorded
from tests.unit.delivery.fakes import CountingTally, ListLog

TOKEN = "990001:" + "t" * 35
KEY = os.urandom(32)


class Rig:
    """`now` can be moved ahead, to see leases lapse."""

    def __init__(
        self, store: Store, channel: TelegramChannel, *, clock: Callable[[], datetime] = now
    ) -> None:
        self.store = store
        outbox = Outbox(store)
        self.ledger = MongoLedger(store, outbox)
        self.connections = RememberedConnections(
            MongoConnections(store, outbox, SealedBox(KEY)), seconds=5.0, clock=monotonic
        )
        self.log, self.tally = ListLog(), CountingTally()
        common: dict[str, Any] = {
            "ledger": self.ledger,
            "connections": self.connections,
            "log": self.log,
            "tally": self.tally,
            "now": clock,
            "clock": monotonic,
            "new_id": new_id,
        }
        send = SendReply(channels={Channel.TELEGRAM: channel}, **common)
        self.dispatcher = DispatchReplies(gates=Gates(16), send=send, **common)
        self.take = TakeReply(
            ledger=self.ledger,
            dispatcher=self.dispatcher,
            follow_mail=FollowMail(MongoMailThreads(store), clock),
            served=frozenset({Channel.TELEGRAM}),
            boot=new_id(),
            now=clock,
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self.connect("conn-1")
        self._tasks.append(asyncio.create_task(self.dispatcher.run()))

    async def stop(self) -> None:
        await self.dispatcher.drain()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def connect(self, connection_id: str, **changes: Any) -> None:
        stored = connection(id=connection_id, **changes)
        event = Announcing(new_id).changed(stored, now())
        await self.connections.save(stored, event, command_id=new_id())

    async def record(self, conversation: str, **options: Any) -> str:
        """A message was recorded; its id."""
        event, envelope = recorded(conversation, **options)
        await self.take(event, envelope)
        return event.message.id

    async def row(self, message_id: str) -> dict[str, Any]:
        row = await self.store.database["ledger"].find_one({"_id": message_id})
        assert row is not None
        return row

    async def ended(self, message_id: str, seconds: float = 10.0) -> dict[str, Any]:
        """The row, once it is released."""
        async with asyncio.timeout(seconds * PATIENCE):
            while "released_at" not in (row := await self.row(message_id)):  # noqa: ASYNC110 - the store has none
                await asyncio.sleep(0.01)
        return row

    async def events(self) -> list[Envelope]:
        rows = await self.store.database["outbox"].find({"type": {"$regex": "reply"}}).to_list(1000)
        return [Envelope.model_validate_json(row["body"]) for row in rows]
