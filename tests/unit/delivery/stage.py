"""All of delivery's use cases over fakes, with time that stands still until told."""

import asyncio
from collections.abc import Mapping
from typing import Any

from libs.contracts.vocabulary import Channel
from services.delivery.domain.connection import Connection
from services.delivery.domain.outcomes import Outcome
from services.delivery.domain.pacing import Gates
from services.delivery.domain.reply import ReplyState
from services.delivery.use_cases.dispatch_replies import DispatchReplies
from services.delivery.use_cases.follow_mail import FollowMail
from services.delivery.use_cases.ports import Channel as ChannelPort
from services.delivery.use_cases.send_reply import SendReply
from services.delivery.use_cases.take_reply import TakeReply
from tests.unit.delivery.build import connection, new_id, recorded
from tests.unit.delivery.fakes import (
    Clock,
    CountingTally,
    InMemoryConnections,
    InMemoryLedger,
    InMemoryThreads,
    ListLog,
    Script,
    ScriptedChannel,
)


class Stage:
    """One replica. Another one is `Stage(ledger=first.ledger, clock=first.clock)`."""

    def __init__(
        self,
        *outcomes: "Outcome | Script",
        ledger: InMemoryLedger | None = None,
        clock: Clock | None = None,
        connections: tuple[Connection, ...] = (),
        width: int = 16,
        channels: Mapping[Channel, ChannelPort] | None = None,
        **options: Any,
    ) -> None:
        self.clock = clock or Clock()
        self.ledger = ledger or InMemoryLedger()
        self.connections = InMemoryConnections(*(connections or (connection(),)))
        self.channel = ScriptedChannel(*outcomes)
        self.log, self.tally = ListLog(), CountingTally()
        self.gates = Gates(width)
        self.threads = InMemoryThreads()
        common: dict[str, Any] = {
            "ledger": self.ledger,
            "connections": self.connections,
            "log": self.log,
            "tally": self.tally,
            "now": self.clock.now,
            "clock": self.clock.monotonic,
            "new_id": new_id,
            "pause": self.clock.pause,
        }
        channels = channels or {Channel.TELEGRAM: self.channel, Channel.EMAIL: self.channel}
        self.send = SendReply(channels=channels, **common)
        self.dispatcher = DispatchReplies(gates=self.gates, send=self.send, **common, **options)
        self.take = TakeReply(
            ledger=self.ledger,
            dispatcher=self.dispatcher,
            follow_mail=FollowMail(self.threads, self.clock.now),
            served=frozenset(channels),
            boot="one",
            now=self.clock.now,
        )

    async def record(self, conversation: str, **options: Any) -> str:
        """A message was recorded; its id."""
        event, envelope = recorded(conversation, **options)
        await self.take(event, envelope)
        return event.message.id

    async def settle(self) -> None:
        """Wait until nothing is being sent."""
        for _ in range(1000):
            if not self.dispatcher._sending:
                return
            await asyncio.sleep(0)
        raise AssertionError("still sending")

    async def look_after(self, seconds: float) -> int:
        """Let time pass, look once and wait for what was started."""
        self.clock.pass_(seconds)
        started = await self.dispatcher.look()
        await self.settle()
        return started

    def state(self, message_id: str) -> ReplyState:
        return self.ledger.rows[message_id].state

    def event_types(self) -> list[str]:
        return [event.type for event in self.ledger.events]
