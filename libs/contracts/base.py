"""The shapes every message shares, and the register that finds a message's model by its type."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.vocabulary import ActorKind, FaultKind, Role

#: Ids on the wire: UUIDs, a conversation's id, or a platform's own id.
Id = Annotated[str, Field(min_length=1, max_length=256)]
#: A person's or a thing's name.
Name = Annotated[str, Field(max_length=512)]
#: A message's text. Channels split below it; 64 KiB keeps a broker message small.
Text = Annotated[str, Field(max_length=65_536)]
#: An email's subject; a header's line is no longer (RFC 5322, section 2.1.1).
Subject = Annotated[str, Field(max_length=998)]


class Contract(BaseModel):
    """A value that crosses a process boundary.

    Frozen. Consumers ignore fields they do not know, so that a producer may be newer. Inputs stay out of
    validation errors, because they hold what people wrote.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Actor(Contract):
    """Who did it."""

    kind: ActorKind
    id: Id
    name: Name = ""
    role: Role | None = None
    departments: tuple[Id, ...] = Field(default=(), max_length=64)


SYSTEM = Actor(kind=ActorKind.SYSTEM, id="parley", name="Parley")


class Message(Contract):
    """A versioned command, query or event. Its type tag is the class argument `type`, such as
    `conversation.handed_off.v1`, and never travels inside `data`: the envelope carries it.
    """

    type: ClassVar[str] = ""

    def __init_subclass__(cls, *, type: str = "", **kwargs: Any) -> None:  # noqa: A002 - the tag's own name
        """Take the class argument, so that Python's own hook does not stumble over it."""
        super().__init_subclass__(**kwargs)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register every class that names its type; a second class of one type is a mistake."""
        message_type: str = kwargs.pop("type", "")
        super().__pydantic_init_subclass__(**kwargs)
        if not message_type:
            return
        if message_type in REGISTER and REGISTER[message_type].__qualname__ != cls.__qualname__:
            raise TypeError(f"{message_type} is already the type of {REGISTER[message_type].__qualname__}")
        cls.type = message_type
        REGISTER[message_type] = cls


class Command(Message):
    """Asks one service to do something. Has one receiver and an answer."""

    actor: Actor


class Query(Message):
    """Asks one service for something; changes nothing."""


class Event(Message):
    """Something that happened. Has any number of receivers."""

    actor: Actor
    occurred_at: datetime


REGISTER: dict[str, type[Message]] = {}


class Fault(Contract):
    """An error as it travels back to the caller.

    `code` is stable and meant for programs, `detail` for people. `retry_after` is in seconds.
    """

    kind: FaultKind
    code: str
    detail: str
    conversation_id: str | None = None
    retry_after: float | None = None


class Reply(Contract):
    """The answer to a command or a query: exactly one of `result` and `fault`."""

    result: dict[str, Any] | None = None
    fault: Fault | None = None


@dataclass(frozen=True)
class Written:
    """A model's JSON as a result, from whoever can write it for less than the model can."""

    json: str


_RESULT, _END = b'{"result":', b"}"


def reply_with(result: str) -> bytes:
    """A Reply on the wire, made of its result as a JSON object."""
    return _RESULT + result.encode() + _END


def result_in(body: bytes) -> bytes | None:
    """The result of a Reply on the wire as it stands there, without reading it; None where it is a fault, or
    is written in another way.
    """
    if body.startswith(_RESULT + b"{") and body.endswith(b"}" + _END):
        return body[len(_RESULT) : -len(_END)]
    return None
