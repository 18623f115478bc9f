import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import pytest
from pymongo import AsyncMongoClient

from libs.contracts import topology
from libs.contracts.base import SYSTEM
from libs.contracts.delivery import ConnectChannel, ConnectionSecrets, GetConnection, SealedConnection
from libs.contracts.envelope import Envelope
from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import Channel
from libs.runtime.crypto import SealedBox, decode_key
from libs.runtime.ids import new_id
from libs.runtime.publisher import Publisher
from libs.runtime.rpc import RpcClient
from libs.standins.telegram import TelegramStandin
from libs.standins.telegram.bot import TelegramBot
from tests.integration.delivery.process import SECRET_KEY, service
from tests.integration.delivery.rig import TOKEN
from tests.patience import PATIENCE
from tests.unit.delivery.build import new_conversation, recorded

BOX = SealedBox(decode_key(SECRET_KEY))
CHAT = 550011


@pytest.fixture
async def rpc(broker_url: str) -> AsyncIterator[RpcClient]:
    client = RpcClient(broker_url, "test")
    yield client
    await client.close()


@pytest.fixture
async def publisher(broker_url: str) -> AsyncIterator[Publisher]:
    made = Publisher(broker_url, "test")
    yield made
    await made.close()


@pytest.fixture
async def short_transactions(mongodb_url: str) -> AsyncIterator[None]:
    """A killed process leaves its open transactions to the server, which ends them after a minute. Here, and
    where Parley is deployed, after seconds.
    """
    name = "transactionLifetimeLimitSeconds"
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as client:
        before = await client.admin.command({"getParameter": 1, name: 1})
        await client.admin.command({"setParameter": 1, name: 5})
        yield
        await client.admin.command({"setParameter": 1, name: before[name]})


async def connect(rpc: RpcClient, telegram: TelegramStandin, **settings: object) -> None:
    credentials = json.dumps({"token": TOKEN, "webhook_secret": "hush"}).encode()
    command = ConnectChannel(
        actor=SYSTEM,
        connection_id="conn-1",
        chatbot_id="bot-1",
        channel=Channel.TELEGRAM,
        settings={"api_base_url": telegram.base_url, "rate_per_second": 1000, **settings},
        sealed_credentials=BOX.seal(credentials, context="connect:conn-1"),
    )
    await rpc.command(
        command,
        exchange=topology.DELIVERY_COMMANDS,
        routing_key=command.type,
        account_id="acc-1",
        id=new_id(),
    )


async def record(publisher: Publisher, conversation: str, number: int) -> str:
    event, envelope = recorded(conversation, sequence=number, content=f"{conversation}:{number}")
    partition = topology.account_partition("acc-1")
    await publisher.publish(
        envelope, exchange=topology.CONVERSATION_EVENTS, routing_key=f"{partition}.{event.type}"
    )
    return event.message.id


@asynccontextmanager
async def outcomes(broker_url: str) -> AsyncIterator[list[Envelope]]:
    """What delivery tells the conversations' partitions, as it comes."""
    seen: list[Envelope] = []
    connection = await aio_pika.connect(broker_url)
    async with connection:
        queue = await (await connection.channel()).declare_queue(exclusive=True)
        await queue.bind(topology.DELIVERY_EVENTS, "p07.#")

        async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            seen.append(Envelope.model_validate_json(message.body))

        await queue.consume(take, no_ack=True)
        yield seen


async def until_told(seen: list[Envelope], messages: list[str], seconds: float) -> dict[str, str]:
    """The outcome of each message."""
    async with asyncio.timeout(seconds * PATIENCE):
        while len({event.data["message_id"] for event in seen} & set(messages)) < len(messages):  # noqa: ASYNC110 - a list has no event
            await asyncio.sleep(0.02)
    return {event.data["message_id"]: event.type for event in seen}


def in_order(bot: TelegramBot, conversation: str) -> list[int]:
    texts = [str(message.text) for message in bot.messages.after(0)]
    return [int(text.rpartition(":")[2]) for text in texts if text.startswith(conversation)]


async def test_messages_go_from_the_broker_to_telegram_and_outcomes_back(
    broker_url: str,
    mongodb_url: str,
    database_prefix: str,
    telegram: TelegramStandin,
    rpc: RpcClient,
    publisher: Publisher,
):
    bot = telegram.bots[990001]
    bot.state.add_chat({"id": CHAT})
    where = {"broker": broker_url, "mongodb": mongodb_url, "prefix": database_prefix}
    async with service("delivery", **where) as replica, outcomes(broker_url) as seen:
        await connect(rpc, telegram, webhook_url="http://127.0.0.1:9/webhooks/telegram/conn-1")
        assert bot.sender.webhook is not None
        sealed = await rpc.ask(
            GetConnection(connection_id="conn-1"),
            service="delivery",
            account_id="acc-1",
            answer=SealedConnection,
        )
        plain = BOX.open(sealed.sealed, context="connection:conn-1")
        known = ConnectionSecrets.model_validate_json(plain)
        assert (known.status, known.webhook_secret) == ("connected", "hush")
        assert known.settings["bot_username"] == "standin_990001_bot"
        with pytest.raises(DomainError):
            await rpc.ask(
                GetConnection(connection_id="none"),
                service="delivery",
                account_id="acc-1",
                answer=SealedConnection,
            )
        conversations = [new_conversation() for _ in range(5)]
        messages = [
            await record(publisher, conversation, number)
            for number in range(1, 6)
            for conversation in conversations
        ]
        told = await until_told(seen, messages, 15)
        assert set(told.values()) == {"delivery.reply_sent.v1"}
        for conversation in conversations:
            assert in_order(bot, conversation) == [1, 2, 3, 4, 5]
        assert 'parley_delivery_outcomes_total{channel="telegram",outcome="sent"} 25.0' in (
            await replica.metrics()
        )
        assert await replica.stop() == 0


@pytest.mark.usefixtures("short_transactions")
@pytest.mark.slow  # waits for leases of 20 seconds; tests/e2e kills every service in the suite itself
async def test_a_killed_replica_s_work_is_taken_over_without_sending_twice(
    broker_url: str,
    mongodb_url: str,
    database_prefix: str,
    telegram: TelegramStandin,
    rpc: RpcClient,
    publisher: Publisher,
):
    bot = telegram.bots[990001]
    bot.state.add_chat({"id": CHAT})
    bot.add_fault("latency", seconds=0.05, methods=["sendMessage"])
    where = {"broker": broker_url, "mongodb": mongodb_url, "prefix": database_prefix}
    async with service("delivery", **where) as doomed, service("delivery", **where) as survivor:
        async with outcomes(broker_url) as seen:
            await connect(rpc, telegram)
            conversations = [new_conversation() for _ in range(20)]
            messages: list[str] = []
            for number in range(1, 6):
                messages += [await record(publisher, conversation, number) for conversation in conversations]
                if number == 3:
                    await bot.wait_for_messages(CHAT, after=5)
                    await doomed.kill()
            told = await until_told(seen, messages, 60)
        assert await survivor.stop() == 0
    texts = [message.text for message in bot.messages.after(0)]
    assert len(texts) == len(set(texts))
    unknown = [message for message in messages if told[message] == "delivery.reply_unknown.v1"]
    assert len(unknown) <= 16  # what was under way on the connection
    assert len(texts) >= len(messages) - len(unknown)
    for conversation in conversations:
        numbers = in_order(bot, conversation)
        assert numbers == sorted(numbers)
