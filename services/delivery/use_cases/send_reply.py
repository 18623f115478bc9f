"""Send one claimed message and record what came of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from libs.contracts.errors import ErrorCode, TransientError
from libs.contracts.vocabulary import Channel as ChannelKind
from services.delivery.domain.connection import Connection
from services.delivery.domain.outcomes import NotTried, Outcome, Refused, Retry, Sent, Unclear
from services.delivery.domain.pacing import Gate
from services.delivery.domain.reply import LEASE, SEND_LIMIT, Claim, Reply
from services.delivery.domain.retry_schedule import hinted_seconds
from services.delivery.domain.verdict import Postponed, Released, judge
from services.delivery.use_cases.announcing import Announcing
from services.delivery.use_cases.ports import (
    Channel,
    Clock,
    Connections,
    Ledger,
    Log,
    NewId,
    Now,
    Pause,
    Tally,
)

T = TypeVar("T")

#: Seconds between attempts to record an outcome while the store is away; the last is repeated.
RECORDING_PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0)


class ClaimLostError(Exception):
    """Somebody else has given this row up as lapsed: whatever we do with it now must not be recorded."""


class SendReply:
    """Sends what this process has claimed.

    An attempt whose answer is lost is not repeated: Telegram has no idempotency key and cannot be asked, so a
    second request could show the contact the same message twice. The row ends as `unknown`, and a person
    decides. An answer that says "failed on my side" (5xx) is one, and is tried again.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        connections: Connections,
        channels: Mapping[ChannelKind, Channel],
        log: Log,
        tally: Tally,
        now: Now,
        clock: Clock,
        new_id: NewId,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._ledger = ledger
        self._connections = connections
        self._channels = channels
        self._announcing = Announcing(new_id)
        self._log = log
        self._tally = tally
        self._now = now
        self._clock = clock
        self._new_id = new_id
        self._pause = pause

    async def __call__(self, reply: Reply, gate: Gate) -> Reply | None:
        """Send it. Returns the next row of its line, where that was claimed on the way."""
        try:
            sent_of, outcome = await self._attempt(reply)
        except ClaimLostError:
            self._log.warning("claim lost while sending", message_id=reply.message_id)
            return None
        self._tell(gate, reply, outcome)
        return await self._record(sent_of, outcome, gate)

    async def _attempt(self, reply: Reply) -> tuple[Reply, Outcome]:
        """Send, and keep count of the parts that went."""
        current = reply

        async def progress(provider_ids: tuple[str, ...]) -> None:
            nonlocal current
            claim = Claim(current.claim_id or "", self._now() + LEASE)
            if not await self._stored(lambda: self._ledger.progress(current, provider_ids, claim)):
                raise ClaimLostError
            current = replace(current, provider_ids=provider_ids, next_attempt_at=claim.until)

        outcome = await self._outcome(reply, progress)
        return current, outcome

    async def _outcome(self, reply: Reply, progress: Callable[[tuple[str, ...]], Awaitable[None]]) -> Outcome:
        try:
            connection = await self._connections.find(reply.connection_id)
        except TransientError as error:
            return NotTried(error.code, error.retry_after or 1.0)
        if connection is None or not connection.usable or connection.account_id != reply.account_id:
            self._log.warning(
                "channel not connected", connection_id=reply.connection_id, message_id=reply.message_id
            )
            return Refused(ErrorCode.CHANNEL_NOT_CONNECTED, "the channel is not connected")
        if self._now() + SEND_LIMIT > reply.lapses_at:
            # This process was held up so long that its claim could lapse while the request is under way.
            return NotTried("held_up", 0.0)
        try:
            outcome = await self._channels[reply.channel].send(reply, connection, progress)
        except ClaimLostError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours after which nobody knows what left
            self._log.error("channel adapter failed", exc_info=error, message_id=reply.message_id)
            return Unclear("an error of ours while sending")
        if isinstance(outcome, Refused) and outcome.disconnects:
            return await self._disconnected(outcome, connection)
        return outcome

    async def _disconnected(self, outcome: Refused, connection: Connection) -> Outcome:
        """The platform does not know the credentials. Unless they are new by now, the connection is done."""
        broken = connection.broken(outcome.code)
        event = self._announcing.changed(broken, self._now())
        if await self._stored(lambda: self._connections.break_off(broken, event)):
            self._log.error("connection broken off", connection_id=connection.id, code=outcome.code)
            return outcome
        return Retry("credentials_replaced")

    def _tell(self, gate: Gate, reply: Reply, outcome: Outcome) -> None:
        """Let the connection's gate know how the platform is."""
        if isinstance(outcome, Sent | Refused) or (isinstance(outcome, Retry) and outcome.this_alone):
            gate.worked()
        elif isinstance(outcome, Retry | Unclear) and self._closes(gate, outcome):
            self._log.warning("connection paused", connection_id=reply.connection_id)

    def _closes(self, gate: Gate, outcome: Retry | Unclear) -> bool:
        if isinstance(outcome, Retry) and outcome.rate_limited:
            return gate.limited(self._clock(), hinted_seconds(outcome.after))
        return gate.failed(self._clock())

    async def _record(self, reply: Reply, outcome: Outcome, gate: Gate) -> Reply | None:
        moment = self._now()
        verdict = judge(reply, outcome, moment)
        if isinstance(verdict, Postponed):
            self._tally.count(reply.channel, "postponed")
            if not await self._stored(lambda: self._ledger.postpone(reply, verdict)):
                self._log.warning("claim lost before postponing", message_id=reply.message_id)
            return None
        return await self._release(reply, verdict, moment, gate)

    async def _release(self, reply: Reply, verdict: Released, moment: datetime, gate: Gate) -> Reply | None:
        event = self._announcing.outcome(reply, verdict, moment)
        following = Claim(self._new_id(), moment + LEASE) if gate.may_go_on(self._clock()) else None
        release = await self._stored(
            lambda: self._ledger.release(reply, verdict, event, moment=moment, following=following)
        )
        if not release.recorded:
            self._log.warning("outcome came too late", message_id=reply.message_id, outcome=verdict.state)
            return None
        self._note(reply, verdict)
        if release.following is None:
            return None
        if following is None:
            gate.starved = True  # somebody has to come back for it
            return None
        gate.spend()
        return release.following

    def _note(self, reply: Reply, verdict: Released) -> None:
        self._tally.count(reply.channel, verdict.state)
        if verdict.error:
            self._log.warning(
                "message not sent",
                message_id=reply.message_id,
                connection_id=reply.connection_id,
                outcome=verdict.state,
                code=verdict.error,
                attempts=reply.attempts,
            )

    async def _stored(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do it until the store is there. What has been sent must be written down, however long it takes; the
        row's claim sees to it that a later writer is not overruled.
        """
        failures = 0
        while True:
            try:
                return await work()
            except TransientError:
                await self._pause(RECORDING_PAUSES[min(failures, len(RECORDING_PAUSES) - 1)])
                failures += 1
