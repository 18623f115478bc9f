"""The whole service between a real broker and a real database."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aio_pika
import pytest

from libs.contracts import topology
from libs.contracts.ai import AnswerContact
from libs.contracts.base import SYSTEM, Command, Event
from libs.contracts.conversation import (
    ChangeStatus,
    EventPage,
    EventsAfter,
    FindConversation,
    FoundConversation,
    GetPerson,
    HandOffConversation,
    Person,
    PostBotReply,
    PostReply,
    RecordInboundMessage,
    RegisterAccount,
    RegisterChatbot,
    RegisterPerson,
)
from libs.contracts.delivery import ReplySent
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.errors import DomainError
from libs.contracts.reading import ConversationPage, ConversationThread, GetConversation, ListConversations
from libs.contracts.vocabulary import DeliveryState, HandoffReason, Status
from libs.runtime.clock import now
from libs.runtime.ids import new_id
from libs.runtime.mongo import Store
from libs.runtime.publisher import Publisher
from libs.runtime.rpc import RpcClient
from services.conversation.adapters.documents import deadline_id
from services.conversation.app import build
from services.conversation.settings import ConversationSettings
from tests.unit.conversation.making import ACCOUNT, AI, CHATBOT, agent, inbound, person

ADA = person("ada", role="admin")
ANA = agent()
LIMIT = 60.0


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    """The first true value of a condition, within a limit."""
    async with asyncio.timeout(LIMIT):
        while not (value := await condition()):  # noqa: ASYNC110 - what is waited for is elsewhere
            await asyncio.sleep(0.02)
        return value


class Outside:
    """Everything around the service: who sends commands, asks, and delivers."""

    def __init__(self, url: str, store: Store) -> None:
        self.url = url
        self.store = store
        self.publisher = Publisher(url, "test")
        self.rpc = RpcClient(url, "test")

    async def close(self) -> None:
        await self.rpc.close()
        await self.publisher.close()

    async def command(self, command: Command, key: str, command_id: str | None = None) -> dict[str, Any]:
        return await self.rpc.command(
            command,
            exchange=topology.CONVERSATION_COMMANDS,
            routing_key=f"{key}.{command.type}",
            account_id=ACCOUNT,
            id=command_id or new_id(),
            time_limit=LIMIT,
        )

    async def register(self, command: Command) -> None:
        await self.command(command, topology.account_command_partition(ACCOUNT))

    async def to_conversation(self, command: Any, command_id: str | None = None) -> dict[str, Any]:
        crc = topology.conversation_crc(command.conversation_id)
        return await self.command(command, topology.partition(crc), command_id)

    async def ask(self, query: Any, answer: Any) -> Any:
        return await self.rpc.ask(
            query, service="conversation", account_id=ACCOUNT, answer=answer, time_limit=LIMIT
        )

    async def arrive(self, command: RecordInboundMessage, envelope_id: str | None = None) -> None:
        """A webhook's message, as the gateway publishes it."""
        crc = topology.thread_crc(command.connection_id, command.session_id)
        await self.publisher.publish(
            self.envelope(command, envelope_id),
            exchange=topology.CONVERSATION_COMMANDS,
            routing_key=f"{topology.partition(crc)}.{command.type}",
        )

    async def happen(self, event: Event, conversation_id: str) -> None:
        """Something that delivery tells."""
        key = topology.partition(topology.conversation_crc(conversation_id))
        await self.publisher.publish(
            self.envelope(event), exchange=topology.DELIVERY_EVENTS, routing_key=f"{key}.{event.type}"
        )

    def envelope(self, message: Any, envelope_id: str | None = None) -> Envelope:
        return wrap(message, id=envelope_id or new_id(), source="test", time=now(), accountid=ACCOUNT)

    async def thread(self, conversation_id: str) -> ConversationThread:
        found: ConversationThread = await self.ask(
            GetConversation(person=ADA, conversation_id=conversation_id), ConversationThread
        )
        return found

    async def started(self, session: str, count: int = 1) -> ConversationThread:
        """The thread of a session, once it has `count` messages."""

        async def look() -> ConversationThread | None:
            query = FindConversation(person=ADA, session_id=session)
            found: FoundConversation = await self.ask(query, FoundConversation)
            if found.conversation is None:
                return None
            thread = await self.thread(found.conversation.id)
            return thread if len(thread.messages) >= count else None

        result: ConversationThread = await until(look)
        return result

    async def next_for_ai(self, conversation_id: str) -> AnswerContact:
        """The next command for the AI that is about a conversation."""
        connection = await aio_pika.connect(self.url)
        async with connection:
            channel = await connection.channel()
            queue = await channel.get_queue(topology.AI_ANSWER_CONTACT.name, ensure=False)
            async with asyncio.timeout(LIMIT):
                while True:
                    message = await queue.get(fail=False)
                    if message is None:
                        await asyncio.sleep(0.02)
                        continue
                    await message.ack()
                    command = Envelope.model_validate_json(message.body).message()
                    if isinstance(command, AnswerContact) and command.conversation.id == conversation_id:
                        return command


@pytest.fixture(scope="module")
async def outside(
    module_broker_url: str, mongodb_url: str, module_database_prefix: str
) -> AsyncIterator[Outside]:
    settings = ConversationSettings(
        rabbitmq_url=module_broker_url,
        mongodb_url=mongodb_url,
        database_prefix=module_database_prefix,
        secret_key=base64.b64encode(bytes(32)).decode(),
        port=0,
        timer_poll_seconds=0.05,
    )
    service = await build(settings)
    running = asyncio.create_task(service.run())

    async def started() -> bool:
        if running.done():
            await running
        return service.health.started

    await until(started)
    store = Store(mongodb_url, settings.database("conversation"))
    world = Outside(module_broker_url, store)
    await world.register(RegisterAccount(actor=SYSTEM, account_id=ACCOUNT, name="Acme", departments=("IT",)))
    await world.register(RegisterChatbot(actor=SYSTEM, chatbot_id=CHATBOT, name="Bot"))
    await world.register(RegisterPerson(actor=SYSTEM, person=person("ana", "IT")))
    try:
        assert await service.health.report() == {"store": "ok", "broker": "ok", "consumers": "ok"}
        yield world
    finally:
        await world.close()
        store.close()
        service._stop.set()
        async with asyncio.timeout(LIMIT):
            assert await running == 0


@pytest.fixture
def session() -> str:
    return f"tg:{uuid4().hex[:8]}"


async def test_a_conversation_from_its_first_message_to_its_end(outside: Outside, session: str) -> None:
    await outside.arrive(inbound(1, "Where is my kettle?", session_id=session, delivery_id=f"{session}:1"))
    thread = await outside.started(session)
    one = thread.conversation.id
    assert topology.conversation_crc(one) == topology.thread_crc("line", session)
    asked = await outside.next_for_ai(one)
    assert asked.turns[-1].text == "Where is my kettle?"

    answer = PostBotReply(
        actor=AI,
        conversation_id=one,
        handoff_epoch=asked.handoff_epoch,
        answers_message_id=asked.message_id,
        content="On its way.",
    )
    view = await outside.to_conversation(answer)
    sent = ReplySent(
        actor=SYSTEM,
        occurred_at=now(),
        conversation_id=one,
        message_id=view["id"],
        attempts=1,
        external_ids=("p1",),
    )
    await outside.happen(sent, one)

    async def delivered() -> bool:
        return (await outside.thread(one)).messages[1].delivery is DeliveryState.SENT

    await until(delivered)
    with pytest.raises(DomainError) as refused:
        await outside.to_conversation(PostReply(actor=ANA, conversation_id=one, content="Hi"))
    assert refused.value.code == "not_handed_off"
    await outside.to_conversation(
        HandOffConversation(actor=ANA, conversation_id=one, reason=HandoffReason.REQUESTED_BY_AGENT)
    )
    reply = PostReply(actor=ANA, conversation_id=one, content="Hi, it is Ana.")
    command_id = new_id()
    first = await outside.to_conversation(reply, command_id)
    assert await outside.to_conversation(reply, command_id) == first
    changed = await outside.to_conversation(ChangeStatus(actor=ANA, conversation_id=one, status="closed"))
    assert changed["message"] == "Conversation closed."

    thread = await outside.thread(one)
    assert [message.content for message in thread.messages] == [
        "Where is my kettle?",
        "On its way.",
        "Hi, it is Ana.",
    ]
    assert [step.target for step in thread.timeline] == [Status.HANDED_OFF, Status.CLOSED]
    page: EventPage = await outside.ask(EventsAfter(conversation_id=one, after=0), EventPage)
    assert [event["sequence"] for event in page.events] == list(range(1, len(page.events) + 1))
    listed: ConversationPage = await outside.ask(ListConversations(person=ADA), ConversationPage)
    assert one in [item.id for item in listed.items]


async def test_a_webhook_that_comes_twenty_times_at_once_is_one_message(
    outside: Outside, session: str
) -> None:
    message = inbound(1, session_id=session, delivery_id=f"{session}:1")
    same, last = new_id(), inbound(2, "last", session_id=session, delivery_id=f"{session}:2")
    await asyncio.gather(
        *(outside.arrive(message, same) for _ in range(10)),
        *(outside.arrive(message) for _ in range(10)),
    )
    await outside.arrive(last)
    thread = await outside.started(session, 2)
    assert [one.content for one in thread.messages] == ["hello", "last"]
    assert thread.conversation.sequence == 3


async def test_messages_of_a_thread_stay_in_their_order(outside: Outside, session: str) -> None:
    for number in range(40):
        await outside.arrive(
            inbound(number, f"part {number}", session_id=session, delivery_id=f"{session}:{number}")
        )
    thread = await outside.started(session, 40)
    assert [one.content for one in thread.messages] == [f"part {number}" for number in range(40)]
    assert [one.sequence for one in thread.messages] == list(range(2, 42))


async def test_the_same_delivery_gets_the_same_answer_by_whichever_id(outside: Outside, session: str) -> None:
    message = inbound(1, session_id=session, delivery_id=f"{session}:1")
    key = topology.partition(topology.thread_crc(message.connection_id, session))
    first = await outside.command(message, key)
    assert await outside.command(message, key) == first


async def test_an_unanswered_message_goes_to_people(outside: Outside, session: str) -> None:
    await outside.arrive(inbound(1, session_id=session, delivery_id=f"{session}:1"))
    one = (await outside.started(session)).conversation.id
    due = await outside.store.database["timers"].update_one(
        {"_id": deadline_id(one)}, {"$set": {"due_at": now() - timedelta(seconds=1)}}
    )
    assert due.matched_count == 1
    thread = await outside.started(session, 2)
    assert thread.conversation.status is Status.HANDED_OFF
    assert thread.conversation.handoff_reason == "ai_unavailable"
    assert thread.messages[1].is_ai
    assert await outside.store.database["timers"].find_one({"_id": deadline_id(one)}) is None


async def test_people_are_found(outside: Outside) -> None:
    found: Person = await outside.ask(GetPerson(person_id="ana"), Person)
    assert found.departments == ("IT",)
    with pytest.raises(DomainError):
        await outside.ask(GetPerson(person_id="nobody"), Person)
