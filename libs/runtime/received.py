"""A message as a handler gets it, and the steps that lead there."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from aio_pika.abc import AbstractIncomingMessage
from pydantic import ValidationError

from libs.contracts.base import Message
from libs.contracts.envelope import Envelope, UnknownTypeError
from libs.contracts.errors import DomainError, ErrorCode, PermanentError
from libs.runtime.settlement import Result, attempt_of

M = TypeVar("M", bound=Message)


@dataclass(frozen=True)
class Received(Generic[M]):
    """One message: its envelope, what is in it, which attempt this is (from one), and whether anybody waits
    for the answer.
    """

    envelope: Envelope
    message: M
    attempt: int = 1
    wants_reply: bool = False


Handler = Callable[[Received[Any]], Awaitable[Result]]
#: A handler for each message class. What it returns is the answer, if somebody waits for one.
Routes = Mapping[type[Message], Handler]


def read(message: AbstractIncomingMessage) -> Received[Any]:
    """Decode a message. Raises PermanentError `unreadable` for what is no envelope of a known type."""
    try:
        envelope = Envelope.model_validate_json(message.body)
        inner = envelope.message()
    except ValidationError as error:
        where = ", ".join(".".join(str(part) for part in item["loc"]) for item in error.errors()[:5])
        raise PermanentError(ErrorCode.UNREADABLE, f"does not fit its contract at: {where}") from error
    except UnknownTypeError as error:
        raise PermanentError(ErrorCode.UNREADABLE, f"unknown type {error}") from error
    return Received(envelope, inner, attempt_of(message), bool(message.reply_to))


def check_expiry(envelope: Envelope, moment: datetime) -> None:
    """Refuse what came too late: its caller has been told that it was not done. Raises DomainError."""
    if envelope.expiresat is not None and moment > envelope.expiresat:
        raise DomainError(ErrorCode.EXPIRED, "the command came too late and was not carried out")


async def handle(routes: Routes, received: Received[Any]) -> Result:
    """Find the handler and run it. Raises PermanentError for a message without a route."""
    handler = routes.get(type(received.message))
    if handler is None:
        raise PermanentError(ErrorCode.UNREADABLE, f"no handler for {received.envelope.type}")
    return await handler(received)
