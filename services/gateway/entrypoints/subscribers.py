"""What the gateway reads from the broker: its commands, realtime frames, and changes of connections."""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, ValidationError

from libs.contracts import topology
from libs.contracts.delivery import ConnectionChanged
from libs.contracts.envelope import Envelope, UnknownTypeError
from libs.contracts.erasure import ErasePerson
from libs.contracts.files import owned_by_contact, owned_by_conversation
from libs.contracts.gateway import RemoveCredentials, SetCredentials
from libs.runtime.blobs import Blobs
from libs.runtime.logs import get_logger
from libs.runtime.received import Received, Routes
from services.gateway.use_cases.hub import Hub
from services.gateway.use_cases.remove_credentials import RemoveCredentialsOfPerson
from services.gateway.use_cases.set_credentials import SetCredentialsOfPerson

#: Whatever partition the delivery service puts in front.
CONNECTION_CHANGES = topology.Binding(topology.DELIVERY_EVENTS, f"#.{ConnectionChanged.type}")

_log = get_logger("subscribers")


def credential_routes(set_credentials: SetCredentialsOfPerson) -> Routes:
    """The work queue's one command. Doing it twice changes nothing, so no de-duplication is needed."""

    async def on_set_credentials(received: Received[Any]) -> BaseModel | None:
        command: SetCredentials = received.message
        envelope = received.envelope
        await set_credentials(command, account_id=envelope.accountid, given_at=envelope.time)
        return None

    return {SetCredentials: on_set_credentials}


def removal_routes(remove_credentials: RemoveCredentialsOfPerson) -> Routes:
    """The same for somebody who is no more."""

    async def on_remove_credentials(received: Received[Any]) -> BaseModel | None:
        await remove_credentials(received.message, account_id=received.envelope.accountid)
        return None

    return {RemoveCredentials: on_remove_credentials}


def forget_files(blobs: Blobs) -> Callable[[str, ErasePerson], Awaitable[None]]:
    """Takes away the files of a person: what they sent, and what was put into their conversations."""

    async def forget(account_id: str, command: ErasePerson) -> None:
        owners = [owned_by_conversation(one) for one in command.conversation_ids]
        owners += [owned_by_contact(one.connection_id, one.alias) for one in command.aliases]
        await blobs.remove(account_id, owners=owners)

    return forget


def realtime_reader(
    hub: Hub, drop_connection: Callable[[str], None], end_sessions: Callable[[bytes], None]
) -> Callable[[str, bytes], None]:
    """Hands each message of the realtime queue on by its routing key, mostly unread."""

    def on_message(routing_key: str, body: bytes) -> None:
        if routing_key.endswith(ConnectionChanged.type):
            _drop_connection(body, drop_connection)
            return
        if routing_key == topology.SESSIONS_ENDED:
            end_sessions(body)
            return
        # `b<bucket>.<room>`
        hub.receive(routing_key.partition(".")[2], body)

    return on_message


def _drop_connection(body: bytes, drop: Callable[[str], None]) -> None:
    try:
        event = Envelope.model_validate_json(body).message()
    except (ValidationError, UnknownTypeError):
        _log.warning("connection change unreadable")
        return
    if isinstance(event, ConnectionChanged):
        drop(event.connection_id)
