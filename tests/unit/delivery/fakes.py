"""In memory, and true to what the ports promise."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from libs.contracts.envelope import Envelope
from libs.contracts.errors import ErrorCode, PermanentError, TransientError
from libs.contracts.vocabulary import Channel as ChannelKind
from services.delivery.domain.connection import Connection, ConnectionStatus
from services.delivery.domain.mail_thread import MailThread
from services.delivery.domain.outcomes import Outcome, Refused, Retry, Sent
from services.delivery.domain.reply import Claim, Reply, ReplyState
from services.delivery.domain.verdict import Postponed, Released
from services.delivery.use_cases.ports import Added, Place, Progress, Release
from tests.unit.delivery.build import START

OPEN = (ReplyState.PENDING, ReplyState.SENDING)


class Clock:
    """Time that moves when told to."""

    def __init__(self) -> None:
        self.moment = START
        self.seconds = 1000.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.seconds

    def pass_(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.seconds += seconds

    async def pause(self, seconds: float) -> None:
        self.pass_(seconds)
        await asyncio.sleep(0)


def away() -> TransientError:
    return TransientError(ErrorCode.UNAVAILABLE, "away", retry_after=1)


@dataclass
class Unreliable:
    """Counts down calls that fail. `after` failures happen when the work was done."""

    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)

    def enter(self, name: str) -> None:
        if self.before[name] > 0:
            self.before[name] -= 1
            raise away()

    def leave(self, name: str) -> None:
        if self.after[name] > 0:
            self.after[name] -= 1
            raise away()


class InMemoryLedger:
    """The port Ledger. `events` is what was recorded with releases."""

    def __init__(self) -> None:
        self.rows: dict[str, Reply] = {}
        self.order: list[str] = []
        self.events: list[Envelope] = []
        self.faults = Unreliable()

    def _line(self, conversation_id: str) -> list[Reply]:
        rows = (self.rows[name] for name in self.order)
        return [row for row in rows if row.conversation_id == conversation_id and row.state in OPEN]

    async def add(self, reply: Reply, claim: Claim | None) -> Added:
        self.faults.enter("add")
        known = self.rows.get(reply.message_id)
        if known is not None:
            mine = claim is not None and known.state is ReplyState.SENDING and known.claim_id == claim.id
            return Added(Place.CLAIMED if mine else Place.KNOWN, known)
        head = not self._line(reply.conversation_id)
        row = replace(reply, head=head)
        if head and claim is not None:
            row = _claimed(row, claim)
        self.rows[row.message_id] = row
        self.order.append(row.message_id)
        self.faults.leave("add")
        if not head:
            return Added(Place.BEHIND, row)
        return Added(Place.HEAD if claim is None else Place.CLAIMED, row)

    async def add_again(self, reply: Reply) -> Added:
        self.faults.enter("add_again")
        before = self.rows.get(reply.message_id)
        if before is not None:
            if before.state in OPEN or before.line_no >= reply.line_no:
                return Added(Place.KNOWN, reply)
            reply = replace(reply, provider_ids=before.provider_ids)
            del self.rows[reply.message_id]
            self.order.remove(reply.message_id)
        return await self.add(reply, None)

    async def due(self, moment: datetime, *, but_not: Collection[str], limit: int) -> list[Reply]:
        self.faults.enter("due")
        found = [
            row
            for row in self.rows.values()
            if row.head
            and row.state in OPEN
            and row.next_attempt_at <= moment
            and row.connection_id not in but_not
        ]
        return sorted(found, key=lambda row: row.next_attempt_at)[:limit]

    async def claim(self, message_id: str, claim: Claim, moment: datetime) -> Reply | None:
        self.faults.enter("claim")
        row = self.rows[message_id]
        if row.state is ReplyState.SENDING and row.claim_id == claim.id:
            return row
        if not row.head or row.state is not ReplyState.PENDING or row.next_attempt_at > moment:
            return None
        self.rows[message_id] = _claimed(row, claim)
        self.faults.leave("claim")
        return self.rows[message_id]

    async def progress(self, reply: Reply, provider_ids: tuple[str, ...], claim: Claim) -> bool:
        self.faults.enter("progress")
        if not self._is_held(reply):
            return False
        row = self.rows[reply.message_id]
        self.rows[reply.message_id] = replace(row, provider_ids=provider_ids, next_attempt_at=claim.until)
        return True

    async def postpone(self, reply: Reply, verdict: Postponed) -> bool:
        self.faults.enter("postpone")
        if not self._is_held(reply):
            return False
        self.rows[reply.message_id] = replace(
            self.rows[reply.message_id],
            state=ReplyState.PENDING,
            next_attempt_at=verdict.at,
            attempts=verdict.attempts,
            error=verdict.error,
            provider_ids=reply.provider_ids,
            claim_id=None,
        )
        return True

    async def release(
        self, reply: Reply, verdict: Released, event: Envelope, *, moment: datetime, following: Claim | None
    ) -> Release:
        self.faults.enter("release")
        if any(one.id == event.id for one in self.events):
            return self._released_before(reply, following)
        row = self.rows[reply.message_id]
        if not self._is_held(reply) or row.next_attempt_at != reply.lapses_at:
            return Release(recorded=False)
        self.rows[row.message_id] = replace(
            row, state=verdict.state, provider_ids=verdict.provider_ids, error=verdict.error, head=False
        )
        if reply.status_there is None:
            self.events.append(event)
        promoted = None
        if line := self._line(reply.conversation_id):
            promoted = replace(line[0], head=True, next_attempt_at=moment)
            promoted = _claimed(promoted, following) if following else promoted
            self.rows[promoted.message_id] = promoted
        self.faults.leave("release")
        return Release(recorded=True, following=promoted)

    def _released_before(self, reply: Reply, following: Claim | None) -> Release:
        line = self._line(reply.conversation_id)
        ours = line and following and line[0].claim_id == following.id
        return Release(recorded=True, following=line[0] if ours else None)

    def _is_held(self, reply: Reply) -> bool:
        row = self.rows[reply.message_id]
        return row.state is ReplyState.SENDING and row.claim_id == reply.claim_id

    def state_of(self, message_id: str) -> ReplyState:
        return self.rows[message_id].state


def _claimed(row: Reply, claim: Claim) -> Reply:
    return replace(
        row,
        state=ReplyState.SENDING,
        claim_id=claim.id,
        next_attempt_at=claim.until,
        attempts=row.attempts + 1,
    )


class InMemoryConnections:
    """The port Connections."""

    def __init__(self, *connections: Connection) -> None:
        self.stored = {one.id: one for one in connections}
        self.events: list[Envelope] = []
        self.commands: set[str] = set()
        self.check_at: dict[str, datetime] = {}
        self.faults = Unreliable()

    async def find(self, connection_id: str) -> Connection | None:
        return await self.look_up(connection_id)

    async def look_up(self, connection_id: str) -> Connection | None:
        self.faults.enter("find")
        return self.stored.get(connection_id)

    async def of_chatbot(self, account_id: str, chatbot_id: str, channel: ChannelKind) -> list[Connection]:
        self.faults.enter("find")
        wanted = (account_id, chatbot_id, channel)
        return [
            one
            for one in reversed(self.stored.values())
            if (one.account_id, one.chatbot_id, one.channel) == wanted
        ]

    async def save(self, connection: Connection, event: Envelope, *, command_id: str) -> bool:
        self.faults.enter("save")
        if command_id in self.commands:
            return False
        self.commands.add(command_id)
        self.stored[connection.id] = connection
        self.events.append(event)
        return True

    async def of_account(
        self, account_id: str, *, chatbot_id: str | None, after: str, limit: int
    ) -> list[Connection]:
        found = [
            one
            for one in sorted(self.stored.values(), key=lambda one: one.id)
            if one.account_id == account_id and one.id > after and chatbot_id in {None, one.chatbot_id}
        ]
        return found[:limit]

    async def take_due(self, moment: datetime, again_at: datetime) -> Connection | None:
        for one in self.stored.values():
            checked = (
                one.status is not ConnectionStatus.DISCONNECTED and one.channel is not ChannelKind.WIDGET
            )
            if checked and self.check_at.get(one.id, moment) <= moment:
                self.check_at[one.id] = again_at
                return one
        return None

    async def break_off(self, connection: Connection, event: Envelope) -> bool:
        self.faults.enter("break_off")
        if self.stored[connection.id].version != connection.version:
            return False
        self.stored[connection.id] = connection
        self.events.append(event)
        return True


Script = Callable[[Reply, Connection, Progress], Awaitable[Outcome]]


class ScriptedChannel:
    """The port Channel. Answers with what it was told, then accepts all; `sent` is what it was asked."""

    def __init__(self, *outcomes: Outcome | Script) -> None:
        self.outcomes = list(outcomes)
        self.sent: list[Reply] = []
        self.connected: list[Connection] = []
        self.found: Mapping[str, Any] | Refused = {}
        #: What it generates where it is neither given nor known.
        self.generates: Mapping[str, str] = {}

    async def send(self, reply: Reply, connection: Connection, progress: Progress) -> Outcome:
        self.sent.append(reply)
        await asyncio.sleep(0)
        if not self.outcomes:
            return Sent((f"id-{len(self.sent)}",))
        outcome = self.outcomes.pop(0)
        return await outcome(reply, connection, progress) if callable(outcome) else outcome

    async def connect(self, connection: Connection) -> Mapping[str, Any] | Refused:
        self.connected.append(connection)
        return self.found

    def complete(self, credentials: Mapping[str, str], known: Mapping[str, str]) -> Mapping[str, str] | None:
        return {**self.generates, **known, **credentials} if credentials.get("token") else None


class ScriptedRegistrar:
    """The port Registrar. Says what it was told; `checked` and `disconnected` are what it was asked."""

    def __init__(self) -> None:
        self.wrong: Refused | Retry | None = None
        self.checked: list[Connection] = []
        self.disconnected: list[Connection] = []

    async def check(self, connection: Connection) -> Refused | Retry | None:
        self.checked.append(connection)
        return self.wrong

    async def disconnect(self, connection: Connection) -> Refused | Retry | None:
        self.disconnected.append(connection)
        return self.wrong


class PlainSeals:
    """The port Seals, readable."""

    def seal(self, plain: bytes, *, context: str) -> str:
        return f"{context}|{plain.decode()}"

    def open(self, sealed: str, *, context: str) -> bytes:
        found, _, plain = sealed.partition("|")
        if found != context:
            raise PermanentError(ErrorCode.UNREADABLE, "does not open")
        return plain.encode()


class ListLog:
    """The port Log, remembered."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append(("info", event, fields))

    def warning(self, event: str, **fields: Any) -> None:
        self.lines.append(("warning", event, fields))

    def error(self, event: str, **fields: Any) -> None:
        self.lines.append(("error", event, fields))

    def events(self, level: str) -> list[str]:
        return [event for found, event, _ in self.lines if found == level]


class CountingTally:
    """The port Tally."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()

    def count(self, channel: str, outcome: str) -> None:
        self.counts[channel, outcome] += 1


class InMemoryThreads:
    """The port MailThreads."""

    def __init__(self) -> None:
        self.threads: dict[str, MailThread] = {}
        self.kept = 0

    async def of(self, conversation_id: str) -> MailThread:
        return self.threads.get(conversation_id, MailThread())

    async def keep(self, conversation_id: str, thread: MailThread, moment: datetime) -> None:
        self.threads[conversation_id] = thread
        self.kept += 1
        self.changed_at = moment
