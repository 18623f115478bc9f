"""In-memory stand-ins of the gateway's ports, with the same promises as the real ones."""
# ruff: noqa: ARG002 - the ports' arguments, whether or not a fake looks at them

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel

from libs.contracts.base import Actor, Command, Query
from libs.contracts.conversation import (
    EventPage,
    FoundConversation,
    Person,
    RecordInboundMessage,
)
from libs.contracts.delivery import ConnectionSecrets, FoundConnection
from libs.contracts.envelope import Envelope
from libs.contracts.errors import DomainError, ErrorCode, TransientError
from libs.contracts.frames import Frame
from libs.contracts.inbound import MatchReceipt
from libs.contracts.notification_settings import NotificationSettings
from libs.contracts.notify import FramePage
from libs.contracts.presence import Presence
from libs.contracts.read_marks import Receipt
from libs.contracts.reading import ConversationPage, ConversationThread, GetConversation, ListConversations
from libs.contracts.vocabulary import Channel
from services.gateway.domain.callers import VisitorCaller
from services.gateway.domain.refresh_tokens import Family
from services.gateway.use_cases.ports import Answer, Credential, KeptAnswer, ThreadCommand

A = TypeVar("A", bound=BaseModel)


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def seconds(self) -> float:
        return self.moment.timestamp()

    def pass_by(self, **span: float) -> None:
        self.moment += timedelta(**span)


class InMemoryCredentials:
    def __init__(self) -> None:
        self.rows: dict[str, Credential] = {}

    async def find(self, email: str) -> Credential | None:
        return next((row for row in self.rows.values() if row.email == email), None)

    async def set(self, credential: Credential) -> bool:
        before = self.rows.get(credential.person_id)
        if before is not None and before.set_at > credential.set_at:
            return False
        holder = await self.find(credential.email)
        if holder is not None and holder.person_id != credential.person_id:
            raise DomainError(ErrorCode.CONFLICT, "The address belongs to somebody else.")
        self.rows[credential.person_id] = credential
        return before is not None and before.password_hash != credential.password_hash

    async def readdress(self, person_id: str, account_id: str, email: str) -> str | None:
        holder, mine = await self.find(email), self.rows.get(person_id)
        if mine is None or mine.account_id != account_id:
            return None
        if holder is not None and holder.person_id != person_id:
            raise DomainError(ErrorCode.CONFLICT, "The address belongs to somebody else.")
        self.rows[person_id] = replace(mine, email=email)
        return mine.email

    async def remove(self, person_id: str, account_id: str) -> bool:
        there = person_id in self.rows and self.rows[person_id].account_id == account_id
        if there:
            del self.rows[person_id]
        return there


class InMemoryFamilies:
    def __init__(self, clock: Clock) -> None:
        self.rows: dict[str, Family] = {}
        self._clock = clock

    async def start(self, family: Family) -> None:
        self.rows[family.id] = family

    async def find(self, family_id: str) -> Family | None:
        return self.rows.get(family_id)

    async def rotate(self, family: Family, *, presented: str) -> bool:
        kept = self.rows.get(family.id)
        if kept is None or kept.revoked or kept.current != presented or kept.expires_at <= self._clock.now():
            return False
        self.rows[family.id] = replace(family, revoked=False)
        return True

    async def revoke(self, family_id: str) -> None:
        if family_id in self.rows:
            self.rows[family_id] = replace(self.rows[family_id], revoked=True)

    async def revoke_person(self, person_id: str, account_id: str) -> list[str]:
        whose = (person_id, account_id)
        mine = [
            one.id
            for one in self.rows.values()
            if (one.person_id, one.account_id) == whose and not one.revoked
        ]
        for family_id in mine:
            await self.revoke(family_id)
        return mine

    async def revoked_since(self, moment: datetime) -> list[str]:
        return [one.id for one in self.rows.values() if one.revoked]


class InMemoryAnswers:
    def __init__(self) -> None:
        self.rows: dict[str, KeptAnswer] = {}
        self.away = False

    async def begin(self, request_id: str, fingerprint: str) -> KeptAnswer:
        return self.rows.setdefault(request_id, KeptAnswer(fingerprint))

    async def finish(self, request_id: str, answer: Answer) -> Answer:
        if self.away:
            raise away()
        kept = self.rows[request_id]
        if kept.answer is None:
            kept = self.rows[request_id] = replace(kept, answer=answer)
        assert kept.answer is not None
        return kept.answer


class PlainPasswords:
    """A hash is the password with `hash:` in front."""

    def __init__(self) -> None:
        self.checked: list[str | None] = []

    async def matches(self, password_hash: str | None, password: str) -> bool:
        self.checked.append(password_hash)
        return password_hash == f"hash:{password}"

    async def hash(self, password: str) -> str:
        return f"hash:{password}"


class Directory:
    def __init__(self, *people: Person) -> None:
        self.people = {person.id: person for person in people}
        self.away = False

    async def find(self, person_id: str, account_id: str) -> Person | None:
        if self.away:
            raise away()
        person = self.people.get(person_id)
        return person if person is not None and person.account_id == account_id else None


class KnownConnections:
    def __init__(self, *connections: ConnectionSecrets) -> None:
        self.rows = {connection.connection_id: connection for connection in connections}
        self.away = False

    async def find(self, connection_id: str) -> ConnectionSecrets | None:
        if self.away:
            raise away()
        return self.rows.get(connection_id)

    async def of_number(self, account_id: str, number: str) -> ConnectionSecrets | None:
        for one in self.rows.values():
            if one.account_id == account_id and one.settings.get("phone_number_id") == number:
                return one
        return None


class RecordingInbound:
    def __init__(self) -> None:
        self.recorded: list[tuple[str, str, RecordInboundMessage]] = []
        self.acknowledged: list[tuple[str, Receipt]] = []
        self.parked: list[tuple[str, str, str]] = []
        self.receipts: list[tuple[str, str, MatchReceipt]] = []
        self.threads: list[tuple[str, str, ThreadCommand]] = []
        self.away = False

    async def receipt(self, command: MatchReceipt, *, id: str, account_id: str) -> None:  # noqa: A002 - the port's
        self.receipts.append((id, account_id, command))

    async def about_thread(self, command: ThreadCommand, *, id: str, account_id: str) -> None:  # noqa: A002 - the port's
        self.threads.append((id, account_id, command))

    async def record(self, command: RecordInboundMessage, *, id: str, account_id: str) -> None:  # noqa: A002 - the port's
        if self.away:
            raise away()
        self.recorded.append((id, account_id, command))

    async def acknowledge(self, command: Receipt, *, id: str, account_id: str) -> None:  # noqa: A002 - the port's
        if self.away:
            raise away()
        self.acknowledged.append((id, command))

    async def park(self, *, id: str, connection: ConnectionSecrets, reason: str, body: str) -> None:  # noqa: A002 - the port's
        if self.away:
            raise away()
        self.parked.append((id, reason, body))


class ScriptedCommands:
    """Answers each command with `result`, or raises `error`; a repeated id gets the first answer."""

    def __init__(self) -> None:
        self.carried_out: list[tuple[str, Command]] = []
        self.if_versions: list[int | None] = []
        self.result: Mapping[str, Any] = {}
        self.error: Exception | None = None
        self._given: dict[str, dict[str, Any]] = {}

    async def carry_out(
        self,
        command: Command,
        *,
        conversation_id: str,
        account_id: str,
        id: str,  # noqa: A002 - the port's
        if_version: int | None = None,
    ) -> dict[str, Any]:
        if id in self._given:
            return self._given[id]
        if self.error is not None:
            raise self.error
        self.carried_out.append((id, command))
        self.if_versions.append(if_version)
        self._given[id] = dict(self.result)
        return self._given[id]

    async def carry_out_in_thread(
        self,
        command: Command,
        *,
        connection_id: str,
        session_id: str,
        account_id: str,
        id: str,  # noqa: A002 - the port's
    ) -> dict[str, Any]:
        return await self.carry_out(command, conversation_id="", account_id=account_id, id=id)

    async def carry_out_for_account(self, command: Command, *, account_id: str, id: str) -> dict[str, Any]:  # noqa: A002 - the port's
        return await self.carry_out(command, conversation_id="", account_id=account_id, id=id)


class KnownChannels:
    """Connections by chatbot and channel."""

    def __init__(self, *connections: ConnectionSecrets) -> None:
        self.rows = {(one.account_id, one.chatbot_id, one.channel): one for one in connections}

    async def find(self, account_id: str, chatbot_id: str, channel: Channel) -> FoundConnection:
        found = self.rows.get((account_id, chatbot_id, channel))
        if found is None:
            raise DomainError(ErrorCode.CHANNEL_NOT_CONNECTED, "the channel is not connected")
        return FoundConnection(connection_id=found.connection_id)


class ScriptedQueries:
    """Answers each query with `result`, or raises `error`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Query]] = []
        self.result: Any = None
        self.error: Exception | None = None

    async def ask(self, query: Query, *, account_id: str, answer: type[A]) -> A:
        self.asked.append((account_id, query))
        if self.error is not None:
            raise self.error
        return answer.model_validate(self.result)


class ConversationBook:
    """Conversations with their events, and who may see them by a plain table."""

    def __init__(self) -> None:
        self.page = ConversationPage(items=(), page=1, page_size=20, total=0)
        self.thread_answer: ConversationThread | None = None
        self.asked: list[Any] = []
        self.events: dict[str, list[Envelope]] = {}
        self.found: dict[str, FoundConversation] = {}
        self.blind: set[str] = set()
        self.away = False
        self.pauses: list[asyncio.Event] = []

    async def list(self, query: ListConversations, *, account_id: str) -> bytes:
        self.asked.append(query)
        return self.page.model_dump_json().encode()

    async def thread(self, query: GetConversation, *, account_id: str) -> ConversationThread:
        self.asked.append(query)
        if self.thread_answer is None:
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such conversation.")
        return self.thread_answer

    async def find_for_person(
        self, person: Person, *, session_id: str | None = None, conversation_id: str | None = None
    ) -> FoundConversation:
        if person.id in self.blind:
            return FoundConversation()
        return self._current(session_id or conversation_id or "")

    async def find_for_visitor(self, visitor: VisitorCaller) -> FoundConversation:
        return self._current(visitor.session_id)

    def _current(self, key: str) -> FoundConversation:
        if self.away:
            raise away()
        found = self.found.get(key, FoundConversation())
        if found.conversation is None:
            return found
        events = self.events.get(found.conversation.id, [])
        newest = max((event.sequence or 0 for event in events), default=found.sequence)
        return found.model_copy(update={"sequence": newest})

    async def events_after(
        self, conversation_id: str, *, account_id: str, after: int, limit: int
    ) -> EventPage:
        self.asked.append((conversation_id, after))
        if self.pauses:
            await self.pauses.pop(0).wait()
        if self.away:
            raise away()
        later = [event for event in self.events.get(conversation_id, []) if (event.sequence or 0) > after]
        dumped = tuple(event.model_dump(mode="json") for event in later[:limit])
        return EventPage(events=dumped, more=len(later) > limit)


class KeptFrames:
    def __init__(self) -> None:
        self.frames: list[Any] = []
        self.oldest = 1
        self.asked: list[int] = []
        self.away = False

    async def after(self, account_id: str, after: int, limit: int) -> FramePage:
        self.asked.append(after)
        if self.away:
            raise away()
        mine = [frame for frame in self.frames if frame.account_id == account_id]
        last = mine[-1].seq if mine else self.oldest - 1
        later = [frame for frame in mine if frame.seq > after and frame.seq >= self.oldest]
        return FramePage(frames=tuple(later[:limit]), last=last, oldest=self.oldest, more=len(later) > limit)


class ListSink:
    """A socket's way out that keeps what it is given."""

    def __init__(self, room: int = 10_000) -> None:
        self.texts: list[str] = []
        self.ended: tuple[int, str] | None = None
        self._room = room

    def offer(self, text: str) -> None:
        if len(self.texts) >= self._room:
            self.cut(1013, "too slow")
        else:
            self.texts.append(text)

    async def send(self, text: str) -> None:
        self.texts.append(text)

    def cut(self, code: int, reason: str) -> None:
        self.ended = self.ended or (code, reason)


def away() -> TransientError:
    return TransientError(ErrorCode.UNAVAILABLE, "away", retry_after=2)


class ChosenSettings:
    """The port SettingsOfPeople: what people chose, and how often anything was written."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], NotificationSettings] = {}
        self.written: list[str] = []

    async def get(self, account_id: str, person_id: str) -> NotificationSettings:
        return self.rows.get((account_id, person_id), NotificationSettings())

    async def put(
        self,
        actor: Actor,
        settings: NotificationSettings,
        *,
        account_id: str,
        id: str,  # noqa: A002 - the port's
    ) -> NotificationSettings:
        self.written.append(id)
        self.rows[account_id, actor.id] = settings
        return settings


class HeardPresence:
    """Takes reports of presence, or is away."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.away = False

    async def __call__(self, actor: Actor, account_id: str, state: Presence, seconds: int) -> None:
        if self.away:
            raise away()
        self.heard.append((actor.id, str(state)))


class PassedFrames:
    """Frames that pass by, remembered."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    async def __call__(self, frame: Frame) -> None:
        self.frames.append(frame)
