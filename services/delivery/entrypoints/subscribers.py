"""What delivery reads from the broker, and which use case takes it."""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel

from libs.contracts import topology
from libs.contracts.conversation import ConversationEvent, MessageRecorded
from libs.contracts.delivery import FindConnection as FindConnectionQuery
from libs.contracts.delivery import GetConnection as GetConnectionQuery
from libs.contracts.envelope import Envelope
from libs.contracts.erasure import ConversationErased
from libs.contracts.messages import MessageRetried
from libs.runtime.consuming import Consumers
from libs.runtime.received import Received, Routes
from services.delivery.domain.status_there import CHANGES
from services.delivery.use_cases.fetch_media import FetchMedia
from services.delivery.use_cases.find_connection import FindConnection
from services.delivery.use_cases.get_connection import GetConnection
from services.delivery.use_cases.take_reply import TakeReply

#: Forgets a conversation, and says so.
Erase = Callable[[ConversationErased, Envelope], Awaitable[None]]


def conversation_of(envelope: Envelope) -> str:
    """One conversation's messages are taken one after the other."""
    return envelope.subject or envelope.id


def subscribe(
    consumers: Consumers,
    *,
    take_reply: TakeReply,
    fetch_media: FetchMedia,
    get_connection: GetConnection,
    find_connection: FindConnection,
    erase: Erase,
) -> Routes:
    """Wire the use cases to their queues. The answer is the routes of queries, which share a queue with those
    of administration.
    """

    async def on_message_recorded(received: Received[MessageRecorded]) -> BaseModel | None:
        await take_reply(received.message, received.envelope)
        await fetch_media.take(received.message)
        return None

    async def on_message_retried(received: Received[MessageRetried]) -> BaseModel | None:
        await take_reply.again(received.message, received.envelope)
        return None

    async def on_status(received: Received[ConversationEvent]) -> BaseModel | None:
        await take_reply.status(received.message, received.envelope)
        return None

    async def on_erased(received: Received[ConversationErased]) -> BaseModel | None:
        await erase(received.message, received.envelope)
        return None

    async def on_get_connection(received: Received[Any]) -> BaseModel | None:
        return await get_connection(received.message)

    async def on_find_connection(received: Received[Any]) -> BaseModel | None:
        return await find_connection(received.message, account_id=received.envelope.accountid)

    consumers.partitions(
        [topology.delivery_partition_queue(name) for name in topology.partition_names("a")],
        {
            MessageRecorded: on_message_recorded,
            MessageRetried: on_message_retried,
            ConversationErased: on_erased,
            **dict.fromkeys(CHANGES, on_status),
        },
        lock_key=conversation_of,
    )
    return {GetConnectionQuery: on_get_connection, FindConnectionQuery: on_find_connection}
