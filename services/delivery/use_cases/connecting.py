"""What connecting and changing a connection have in common."""

import json
from typing import Any, Protocol

from libs.contracts.connections import ConnectionAnswer
from libs.contracts.errors import DomainError, ErrorCode, PermanentError
from services.delivery.domain.administering import (
    WEBHOOK_URL,
    generated_credentials,
    generated_names,
    view_of,
    with_webhook,
)
from services.delivery.domain.connection import Connection
from services.delivery.domain.outcomes import Refused
from services.delivery.use_cases.connection_ports import Office
from services.delivery.use_cases.ports import Seals

CREDENTIALS_MISSING = "credentials_missing"
CREDENTIALS_INVALID = "credentials_invalid"


class WithCredentials(Protocol):
    """A command that may bring credentials."""

    @property
    def connection_id(self) -> str:
        """The context they are sealed in."""
        ...

    @property
    def sealed_credentials(self) -> str | None:
        """JSON of texts by name, sealed."""
        ...


def given_credentials(command: WithCredentials, seals: Seals) -> dict[str, str]:
    """The credentials of a command; none when it brings none. Raises DomainError `invalid`."""
    if command.sealed_credentials is None:
        return {}
    try:
        plain = seals.open(command.sealed_credentials, context=f"connect:{command.connection_id}")
        given = json.loads(plain)
    except (PermanentError, ValueError) as error:
        raise DomainError(ErrorCode.INVALID, "the credentials cannot be read") from error
    if not isinstance(given, dict) or not all(map(_is_text, given.items())):
        raise DomainError(ErrorCode.INVALID, "credentials are texts by name")
    return given


async def ready(office: Office, wanted: Connection, before: Connection | None) -> Connection:
    """The connection after its platform was asked: in use, or in error with the reason. A channel without a
    module here (the widget) needs nothing.
    """
    channel = office.channels.get(wanted.channel)
    if channel is None:
        return wanted
    known = before.credentials if before else {}
    given = wanted.credentials or known
    if not given:
        return wanted.broken(CREDENTIALS_MISSING)
    credentials = channel.complete(given, known)
    if credentials is None:
        return wanted.broken(CREDENTIALS_INVALID)
    complete = wanted.holding(credentials, generated_names(credentials, given, known))
    found = await channel.connect(with_webhook(complete, office.public_url))
    if isinstance(found, Refused):
        return complete.broken(found.code)
    return complete.connected({key: value for key, value in found.items() if key != WEBHOOK_URL})


def answer_of(office: Office, connection: Connection, command_id: str) -> ConnectionAnswer:
    """The connection for whoever sent the command, with what that had generated: sealed, as answers lie in
    queues, too.
    """
    generated = generated_credentials(connection, command_id)
    sealed = None
    if generated:
        context = f"generated:{connection.id}"
        sealed = office.seals.seal(json.dumps(generated).encode(), context=context)
    view = view_of(connection, office.public_url)
    return ConnectionAnswer(**view.model_dump(), sealed_generated=sealed)


def _is_text(item: tuple[Any, Any]) -> bool:
    return isinstance(item[0], str) and isinstance(item[1], str)
