"""What delivery reads from the broker about connections, and which use case takes it."""

from typing import Any

from pydantic import BaseModel

from libs.contracts import topology
from libs.contracts.chatbots import ChatbotDeleted
from libs.contracts.connections import ChangeConnection as ChangeConnectionCommand
from libs.contracts.connections import CheckConnection as CheckConnectionCommand
from libs.contracts.connections import DisconnectChannel as DisconnectChannelCommand
from libs.contracts.connections import ListConnections
from libs.contracts.connections import ReadConnection as ReadConnectionQuery
from libs.contracts.delivery import ConnectChannel as ConnectChannelCommand
from libs.runtime.consuming import Consumers
from libs.runtime.received import Received, Routes
from services.delivery.use_cases.change_connection import ChangeConnection
from services.delivery.use_cases.check_connection import CheckConnection
from services.delivery.use_cases.connect_channel import ConnectChannel
from services.delivery.use_cases.disconnect_channel import DisconnectChannel
from services.delivery.use_cases.disconnect_chatbot import DisconnectChatbot
from services.delivery.use_cases.read_connections import ReadConnections


def subscribe_connections(
    consumers: Consumers,
    queries: Routes,
    *,
    connect: ConnectChannel,
    change: ChangeConnection,
    check: CheckConnection,
    disconnect: DisconnectChannel,
    disconnect_chatbot: DisconnectChatbot,
    read: ReadConnections,
) -> None:
    """Wire the use cases to their queues, and the queries, with `queries`, to theirs."""

    async def on_connect(received: Received[Any]) -> BaseModel | None:
        envelope = received.envelope
        return await connect(received.message, account_id=envelope.accountid, command_id=envelope.id)

    async def on_change(received: Received[Any]) -> BaseModel | None:
        envelope = received.envelope
        return await change(received.message, account_id=envelope.accountid, command_id=envelope.id)

    async def on_check(received: Received[Any]) -> BaseModel | None:
        return await check(received.message, account_id=received.envelope.accountid)

    async def on_disconnect(received: Received[Any]) -> BaseModel | None:
        envelope = received.envelope
        return await disconnect(received.message, account_id=envelope.accountid, command_id=envelope.id)

    async def on_chatbot_deleted(received: Received[ChatbotDeleted]) -> BaseModel | None:
        envelope = received.envelope
        await disconnect_chatbot(
            received.message.chatbot_id, account_id=envelope.accountid, event_id=envelope.id
        )
        return None

    async def on_list(received: Received[Any]) -> BaseModel | None:
        return await read.page(received.message, account_id=received.envelope.accountid)

    async def on_read(received: Received[Any]) -> BaseModel | None:
        return await read.one(received.message, account_id=received.envelope.accountid)

    consumers.work_queue(
        topology.DELIVERY_CONNECT_CHANNEL,
        {
            ConnectChannelCommand: on_connect,
            ChangeConnectionCommand: on_change,
            CheckConnectionCommand: on_check,
            DisconnectChannelCommand: on_disconnect,
        },
        prefetch=4,
    )
    consumers.work_queue(topology.DELIVERY_ON_DIRECTORY, {ChatbotDeleted: on_chatbot_deleted}, prefetch=1)
    consumers.queries("delivery", {**queries, ListConnections: on_list, ReadConnectionQuery: on_read})
