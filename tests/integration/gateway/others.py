"""The services that the gateway talks to, played over the real broker."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from libs.contracts import topology
from libs.contracts.base import Fault, Reply
from libs.contracts.conversation import EventPage, EventsAfter, FindConversation, FoundConversation, GetPerson
from libs.contracts.delivery import ConnectionSecrets, GetConnection, SealedConnection
from libs.contracts.envelope import Envelope
from libs.contracts.notify import FramePage, FramesAfter
from libs.contracts.vocabulary import FaultKind
from libs.runtime.crypto import SealedBox
from services.gateway.domain.topics import conversation_room
from tests.patience import PATIENCE
from tests.unit.gateway.samples import ANA, TELEGRAM, WIDGET, chat_frame, envelope, recorded

KEY = b"0123456789abcdef0123456789abcdef"
_MISSING = Reply(fault=Fault(kind=FaultKind.DOMAIN, code="not_found", detail="no"))


class Others:
    """Answers queries of conversation, delivery and notify, and keeps what the partitions got."""

    def __init__(self, channel: AbstractChannel) -> None:
        self._channel = channel
        self.connections: dict[str, ConnectionSecrets] = {
            connection.connection_id: connection for connection in (TELEGRAM, WIDGET)
        }
        self.found: dict[str, FoundConversation] = {}
        self.events: dict[str, list[Envelope]] = {}
        self.commands: list[tuple[str, Envelope]] = []
        self.answer: Callable[[Envelope], Reply | None] = lambda _: None
        self.asked: list[str] = []

    async def start(self) -> None:
        queues = [topology.query_queue(service) for service in ("conversation", "delivery", "notify")]
        for name in queues:
            await self._read(name, self._query)
        for name in topology.partition_names("p"):
            await self._read(topology.conversation_partition_queue(name), self._command)

    async def _read(self, name: str, take: Callable[[AbstractIncomingMessage], Awaitable[None]]) -> None:
        queue = await self._channel.get_queue(name, ensure=False)
        await queue.consume(take)

    async def _query(self, message: AbstractIncomingMessage) -> None:
        await message.ack()
        query = Envelope.model_validate_json(message.body)
        self.asked.append(query.type)
        await self._answer(message, self._result(query.message()))

    def _result(self, query: Any) -> Reply:
        match query:
            case GetPerson(person_id=ANA.id):
                return _reply(ANA)
            case GetConnection(connection_id=connection_id) if connection_id in self.connections:
                plain = self.connections[connection_id].model_dump_json().encode()
                sealed = SealedBox(KEY).seal(plain, context=f"connection:{connection_id}")
                return _reply(SealedConnection(sealed=sealed))
            case FindConversation(session_id=session_id):
                return _reply(self.found.get(session_id or "", FoundConversation()))
            case EventsAfter(conversation_id=conversation_id, after=after):
                known = self.events.get(conversation_id, [])
                later = [event for event in known if (event.sequence or 0) > after]
                return _reply(EventPage(events=tuple(event.model_dump(mode="json") for event in later)))
            case FramesAfter():
                return _reply(FramePage(frames=(), last=0, oldest=1))
        return _MISSING

    async def _command(self, message: AbstractIncomingMessage) -> None:
        await message.ack()
        command = Envelope.model_validate_json(message.body)
        self.commands.append((message.routing_key or "", command))
        reply = self.answer(command)
        if reply is not None:
            await self._answer(message, reply)

    async def _answer(self, message: AbstractIncomingMessage, reply: Reply) -> None:
        if message.reply_to:
            answer = aio_pika.Message(reply.model_dump_json().encode(), correlation_id=message.correlation_id)
            await self._channel.default_exchange.publish(answer, routing_key=message.reply_to)

    async def publish(self, exchange: str, routing_key: str, body: bytes) -> None:
        target = await self._channel.get_exchange(exchange, ensure=False)
        await target.publish(aio_pika.Message(body), routing_key=routing_key)

    async def happens(self, ref: Any, sequence: int, *, told: bool = True) -> None:
        """A message is recorded and, unless the frame gets lost, told."""
        self.events.setdefault(ref.id, []).append(envelope(recorded(ref, sequence), sequence))
        if told:
            room = conversation_room(ref.account_id, ref.id).name
            body = chat_frame(ref, sequence).model_dump_json().encode()
            await self.publish(topology.REALTIME, topology.room_key(room), body)


def _reply(result: Any) -> Reply:
    return Reply(result=json.loads(result.model_dump_json()))


@asynccontextmanager
async def others(url: str) -> AsyncIterator[Others]:
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        made = Others(channel)
        await made.start()
        yield made


async def eventually(look: Callable[[], Awaitable[Any]], seconds: float = 15.0) -> Any:
    """The first true answer, within a limit."""
    async with asyncio.timeout(seconds * PATIENCE):
        # What is waited for is in another process.
        while not (found := await look()):  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.02)
    return found
