"""Channel connections as administrators see and change them: everything but their credentials."""

from typing import Any

from pydantic import Field

from libs.contracts.base import Command, Contract, Id, Name, Query
from libs.contracts.vocabulary import Channel

#: Settings that a connection may have beside what its platform told.
MOST_SETTINGS = 32
SealedCredentials = str | None


class ConnectionView(Contract):
    """A connection. `status` is `connected`, `disconnected` or `error`, with the `reason`; `credentials` are
    the names of those that are kept. `webhook_url` is where its platform has to post, where that is known.
    """

    id: Id
    chatbot_id: Id
    channel: Channel
    name: Name = ""
    settings: dict[str, Any] = Field(default_factory=dict)
    credentials: tuple[str, ...] = ()
    status: str
    reason: str | None = None
    webhook_url: str | None = None


class ConnectionAnswer(ConnectionView):
    """The answer to ConnectChannel and ChangeConnection. `sealed_generated` is JSON of texts by name, sealed
    as `generated:<connection id>`: the credentials that the command had generated, which whoever sent it has
    to enter at the platform. No other answer has them.
    """

    sealed_generated: str | None = Field(default=None, max_length=16_384, repr=False)


class ConnectionMade(ConnectionView):
    """A connection for whoever has just connected it or replaced its credentials. `generated_credentials` are
    the `webhook_secret` and `verify_token` that were not given and therefore generated, to be entered at the
    platform: they are shown in this answer and never again.
    """

    generated_credentials: dict[str, str] = Field(default_factory=dict, repr=False)


class ConnectionPage(Contract):
    """A page of connections, by their ids."""

    items: tuple[ConnectionView, ...]
    next_cursor: str | None = None


class ChangeConnection(Command, type="change_connection.v1"):
    """Give a connection another name, other settings or other credentials. The platform is asked first: what
    it refuses (`channel_refused`) changes nothing. What is None stays.

    `sealed_credentials` is sealed as in ConnectChannel.
    """

    connection_id: Id
    name: Name | None = None
    settings: dict[str, Any] | None = Field(default=None, max_length=MOST_SETTINGS)
    sealed_credentials: SealedCredentials = Field(default=None, max_length=16_384)


class CheckConnection(Command, type="check_connection.v1"):
    """Ask the platform whether the connection works, and keep what it says as the status."""

    connection_id: Id


class ConnectionChecked(Contract):
    """The answer to CheckConnection. `reason` is set when it does not work; one that is only unreachable for
    now keeps its status.
    """

    works: bool
    reason: str | None = None
    connection: ConnectionView


class DisconnectChannel(Command, type="disconnect_channel.v1"):
    """End a connection: the platform is told to post no more, and the credentials are forgotten. Its
    conversations stay.
    """

    connection_id: Id


class ListConnections(Query, type="list_connections.v1"):
    """A page of the account's connections, of one chatbot where it is named."""

    chatbot_id: Id | None = None
    cursor: Id | None = None
    page_size: int = Field(default=20, ge=1, le=100)


class ReadConnection(Query, type="read_connection.v1"):
    """One connection of the account; `not_found` otherwise."""

    connection_id: Id
