"""What the delivery service takes and gives."""

from typing import Any

from pydantic import Field

from libs.contracts.base import Command, Contract, Event, Id, Name, Query
from libs.contracts.vocabulary import Channel


class ConnectChannel(Command, type="connect_channel.v1"):
    """Connect one channel of one chatbot, or replace its credentials.

    `sealed_credentials` is JSON sealed with the key that the sender and delivery share (see
    libs.runtime.crypto), so that no secret lies readable in a queue.
    """

    connection_id: Id
    chatbot_id: Id
    channel: Channel
    name: Name = ""
    settings: dict[str, Any] = Field(default_factory=dict)
    sealed_credentials: str | None = Field(default=None, max_length=16_384)


class GetConnection(Query, type="get_connection.v1"):
    """What the gateway needs to verify a webhook; `not_found` for an unknown connection."""

    connection_id: Id


class FindConnection(Query, type="find_connection.v1"):
    """The connection that reaches people on a channel of a chatbot; `channel_not_connected` without one."""

    chatbot_id: Id
    channel: Channel


class FoundConnection(Contract):
    """The answer to FindConnection. No secrets."""

    connection_id: Id
    name: Name = ""


class SealedConnection(Contract):
    """The answer to GetConnection: a ConnectionSecrets, sealed for the gateway."""

    sealed: str


class ConnectionSecrets(Contract):
    """One connection with what verifies its webhooks. Travels sealed only."""

    connection_id: Id
    account_id: Id
    chatbot_id: Id
    channel: Channel
    status: str
    webhook_secret: str | None = None
    #: What WhatsApp's handshake names.
    verify_token: str | None = None
    #: What a website signs its visitors' ids with.
    identity_secret: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)


class ConnectionChanged(Event, type="delivery.connection_changed.v1"):
    """A connection's credentials or status are new: whoever cached it drops it. The rest is for people, and
    missing in events of before.
    """

    connection_id: Id
    chatbot_id: Id | None = None
    channel: Channel | None = None
    name: Name = ""
    status: str | None = None
    reason: str | None = None


class DeliveryEvent(Event):
    """The outcome of one outbound message; goes to its conversation's partition."""

    conversation_id: Id
    message_id: Id
    attempts: int


class ReplySent(DeliveryEvent, type="delivery.reply_sent.v1"):
    """The platform accepted it. `external_ids` are its own ids, one a part. `moved_to` is the address that
    the conversation has from now on, where the platform named another one than was written to.
    """

    external_ids: tuple[str, ...] = Field(default=(), max_length=64)
    moved_to: str | None = Field(default=None, max_length=512)


class ReplyFailed(DeliveryEvent, type="delivery.reply_failed.v1"):
    """It was refused for good, or its attempts are used up."""

    code: str
    detail: str = ""


class ReplyUnknown(DeliveryEvent, type="delivery.reply_unknown.v1"):
    """Nobody can tell whether the platform took it; a person decides."""

    detail: str = ""
