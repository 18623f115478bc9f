"""Inbound messages into the broker, each with its confirm."""

from typing import Any

from pydantic_core import to_json

from libs.contracts import topology
from libs.contracts.base import Command
from libs.contracts.conversation import RecordInboundMessage
from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.envelope import Envelope, schema_address
from libs.contracts.inbound import MatchReceipt
from libs.contracts.read_marks import Receipt
from libs.runtime.clock import now
from libs.runtime.publisher import Publisher
from libs.runtime.telemetry import current_traceparent
from services.gateway.use_cases.ports import ThreadCommand

SOURCE = "gateway"
#: The type under which bodies that nobody can interpret are parked. Nothing handles it: people look at it.
PARKED_TYPE = "gateway.webhook_parked.v1"


class BrokerInbound:
    """To the partition of the thread or conversation, so that order holds."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def record(self, command: RecordInboundMessage, *, id: str, account_id: str) -> None:  # noqa: A002 - the envelope's attribute
        """Publish to the thread's partition."""
        if command.conversation_id is not None:
            crc = topology.conversation_crc(command.conversation_id)
        else:
            crc = topology.thread_crc(command.connection_id, command.session_id)
        await self._publish(command, crc, id, account_id, None)

    async def about_thread(self, command: ThreadCommand, *, id: str, account_id: str) -> None:  # noqa: A002 - the envelope's attribute
        """Publish to the thread's partition."""
        crc = topology.thread_crc(command.connection_id, command.session_id)
        await self._publish(command, crc, id, account_id, None)

    async def receipt(self, command: MatchReceipt, *, id: str, account_id: str) -> None:  # noqa: A002 - the envelope's attribute
        """Publish to the queue without order."""
        await self._publisher.publish_raw(
            encoded(command, id=id, account_id=account_id),
            exchange=topology.CONVERSATION_COMMANDS,
            routing_key=command.type,
            message_id=id,
            message_type=command.type,
        )

    async def acknowledge(self, command: Receipt, *, id: str, account_id: str) -> None:  # noqa: A002 - the envelope's attribute
        """Publish to the conversation's partition."""
        crc = topology.conversation_crc(command.conversation_id)
        await self._publish(command, crc, id, account_id, command.conversation_id)

    async def park(self, *, id: str, connection: ConnectionSecrets, reason: str, body: str) -> None:  # noqa: A002 - the envelope's attribute
        """Keep a body for people to look at."""
        envelope = Envelope(
            id=id,
            source=SOURCE,
            type=PARKED_TYPE,
            time=now(),
            accountid=connection.account_id,
            traceparent=current_traceparent(),
            data={
                "connection_id": connection.connection_id,
                "channel": connection.channel,
                "reason": reason,
                "body": body,
            },
        )
        await self._publisher.publish_raw(
            envelope.encode(),
            exchange="",
            routing_key=topology.PARKED,
            message_id=envelope.id,
            message_type=envelope.type,
            headers={"x-reason": reason},
        )

    async def _publish(
        self, command: Command, crc: int, command_id: str, account_id: str, subject: str | None
    ) -> None:
        await self._publisher.publish_raw(
            encoded(command, id=command_id, account_id=account_id, subject=subject),
            exchange=topology.CONVERSATION_COMMANDS,
            routing_key=f"{topology.partition(crc)}.{command.type}",
            message_id=command_id,
            message_type=command.type,
        )


def encoded(command: Command, *, id: str, account_id: str, subject: str | None = None) -> bytes:  # noqa: A002 - the envelope's attribute
    """The bytes of the command in its envelope, in one pass: the same as of libs.contracts.envelope.wrap,
    which validates and dumps the command twice. A test holds the two together.
    """
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": id,
        "source": SOURCE,
        "type": command.type,
        "time": now(),
        "data": command,
        "datacontenttype": "application/json",
        "dataschema": schema_address(command.type),
        "accountid": account_id,
        "correlationid": id,
    }
    if subject is not None:
        envelope["subject"] = subject
    traceparent = current_traceparent()
    if traceparent is not None:
        envelope["traceparent"] = traceparent
    return to_json(envelope)
