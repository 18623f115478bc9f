"""Find what is due, claim it, have it sent. The one scheduler of the ledger.

Several replicas may look at the same time: whoever claims a row sends it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from libs.contracts.errors import TransientError
from services.delivery.domain.connection import DEFAULT_RATE
from services.delivery.domain.pacing import Gate, Gates
from services.delivery.domain.reply import LEASE, Claim, Reply, ReplyState
from services.delivery.domain.verdict import lapsed
from services.delivery.use_cases.announcing import Announcing
from services.delivery.use_cases.ports import Clock, Connections, Ledger, Log, NewId, Now, Pause, Tally

Send = Callable[[Reply, Gate], Awaitable[Reply | None]]

#: Seconds between looks when nothing wakes the dispatcher.
POLL = 1.0
#: Seconds that lie between two looks at least, however often it is woken.
_BREATH = 0.02


class DispatchReplies:
    """Holds what this process is sending. `most` bounds it; `batch` is how many rows a look takes."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        connections: Connections,
        gates: Gates,
        send: Send,
        log: Log,
        tally: Tally,
        now: Now,
        clock: Clock,
        new_id: NewId,
        replicas: Callable[[], int] = lambda: 1,
        most: int = 256,
        batch: int = 50,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._ledger = ledger
        self._connections = connections
        self._gates = gates
        self._send = send
        self._announcing = Announcing(new_id)
        self._log = log
        self._tally = tally
        self._now = now
        self._clock = clock
        self._new_id = new_id
        self._replicas = replicas
        self._most = most
        self._batch = batch
        self._pause = pause
        self._sending: set[asyncio.Task[None]] = set()
        self._at_work: set[str] = set()
        self._woken = asyncio.Event()
        self._closing = False

    async def gate_of(self, connection_id: str) -> Gate:
        """A connection's gate; replicas share its rate. Raises TransientError."""
        connection = await self._connections.find(connection_id)
        rate = connection.rate_per_second if connection else DEFAULT_RATE
        return self._gates.of(connection_id, rate / max(1, self._replicas()))

    def enter(self, gate: Gate) -> bool:
        """Take a place for one message, here and at the connection."""
        room = len(self._sending) < self._most and not self._closing
        return room and gate.enter(self._clock())

    def leave(self, gate: Gate) -> None:
        """Give a place back unused."""
        if gate.leave():
            self.wake()

    def wake(self) -> None:
        """There is something to look at."""
        self._woken.set()

    def is_sending(self, message_id: str) -> bool:
        """Whether this process is at work on a message."""
        return message_id in self._at_work

    def launch(self, reply: Reply, gate: Gate) -> None:
        """Send a claimed row in the background; its place at the gate is taken already."""
        self._at_work.add(reply.message_id)
        task = asyncio.create_task(self._run_line(reply, gate))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _run_line(self, reply: Reply, gate: Gate) -> None:
        following: Reply | None = reply
        try:
            while following is not None:
                self._at_work.add(following.message_id)
                try:
                    current, following = following, None
                    following = await self._send(current, gate)
                finally:
                    self._at_work.discard(current.message_id)
        except Exception as error:  # noqa: BLE001 - a fault of ours: the claim lapses and the row is looked at
            self._log.error("sending failed", exc_info=error, message_id=reply.message_id)
        finally:
            self.leave(gate)

    async def run(self) -> None:
        """Look until cancelled: when woken, when a gate opens, and each second."""
        while True:
            try:
                await self.look()
            except TransientError as error:
                self._log.warning("ledger not looked at", code=error.code)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rest()):
                    await self._woken.wait()
            self._woken.clear()
            await self._pause(_BREATH)

    def _rest(self) -> float:
        return min(POLL, self._gates.next_opening(self._clock()))

    async def look(self) -> int:
        """Start everything that is due and may be sent; how many rows were started or given up."""
        started = 0
        while len(self._sending) < self._most and not self._closing:
            shut = self._gates.closed(self._clock())
            rows = await self._ledger.due(self._now(), but_not=shut, limit=self._batch)
            taken = sum(await asyncio.gather(*(self._take_safely(row) for row in rows)))
            started += taken
            if taken == 0 or taken == len(rows) < self._batch:
                break
        return started

    async def _take_safely(self, row: Reply) -> bool:
        """One row that cannot be taken now must not keep the others from it; it is looked at again."""
        try:
            return await self._take(row)
        except TransientError as error:
            self._log.warning("row not taken", message_id=row.message_id, code=error.code)
        except Exception as error:  # noqa: BLE001 - a fault of ours with this row
            self._log.error("row not taken", message_id=row.message_id, exc_info=error)
        return False

    async def _take(self, row: Reply) -> bool:
        if row.state is ReplyState.SENDING:
            return await self._give_up(row)
        gate = await self.gate_of(row.connection_id)
        if not self.enter(gate):
            return False
        claimed = None
        try:
            claimed = await self._claimed(row)
        finally:
            if claimed is None:
                self.leave(gate)
        if claimed is not None:
            self.launch(claimed, gate)
        return claimed is not None

    async def _claimed(self, row: Reply) -> Reply | None:
        """Claim, once more with the same claim where the first answer was lost: it may have worked."""
        claim = Claim(self._new_id(), self._now() + LEASE)
        try:
            return await self._ledger.claim(row.message_id, claim, self._now())
        except TransientError:
            return await self._ledger.claim(row.message_id, claim, self._now())

    async def _give_up(self, row: Reply) -> bool:
        """The worker of this row is gone, after or before its request left."""
        moment, verdict = self._now(), lapsed(row)
        event = self._announcing.outcome(row, verdict, moment)
        release = await self._ledger.release(row, verdict, event, moment=moment, following=None)
        if release.recorded:
            self._tally.count(row.channel, verdict.state)
            self._log.warning("outcome unknown", message_id=row.message_id, connection_id=row.connection_id)
        return release.recorded

    async def drain(self) -> None:
        """Start nothing new and wait for what is under way: each request has its time limit."""
        self._closing = True
        while self._sending:
            await asyncio.gather(*self._sending)
