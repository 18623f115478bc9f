"""What clients may send over a WebSocket. Strict: no field more, no type bent."""

from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.files import MOST_ATTACHMENTS

_Topic = Annotated[str, Field(min_length=1, max_length=300)]
_Sequence = Annotated[int, Field(ge=0, lt=2**53)]


class _ClientFrame(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Authenticate(_ClientFrame):
    """The first frame, where the token came neither as a header nor in the address."""

    type: Literal["auth"]
    token: str = Field(min_length=1, max_length=8192)
    last_seq: _Sequence | None = None


class Subscribe(_ClientFrame):
    """Hear a topic, with what was missed after `last_seq`."""

    type: Literal["subscribe"]
    topic: _Topic
    last_seq: _Sequence | None = None


class Unsubscribe(_ClientFrame):
    """Hear it no more."""

    type: Literal["unsubscribe"]
    topic: _Topic


class Ping(_ClientFrame):
    """Answered with `pong`."""

    type: Literal["ping"]


class SaidFrame(_ClientFrame):
    """What somebody wrote, with the files that they uploaded before; a file needs no words."""

    content: str = Field(default="", max_length=16_384)
    attachments: tuple[Annotated[str, Field(min_length=1, max_length=256)], ...] = Field(
        default=(), max_length=MOST_ATTACHMENTS
    )

    @field_validator("content")
    @classmethod
    def _storable(cls, content: str) -> str:
        return content.replace("\0", "")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.content.strip() and not self.attachments:
            raise ValueError("blank")
        return self


class SetPresence(_ClientFrame):
    """Whether the agent can be given work now. Each new socket is `online` until it says otherwise."""

    type: Literal["presence"]
    state: Literal["online", "away"]


class VisitorMessage(SaidFrame):
    """What a visitor wrote. The same `client_message_id` sent again is the same message."""

    type: Literal["message"]
    client_message_id: str = Field(min_length=1, max_length=128)


class Delivered(_ClientFrame):
    """The widget has shown a message."""

    type: Literal["delivered"]
    message_id: str = Field(min_length=1, max_length=256)


class Typing(_ClientFrame):
    """The visitor, or whoever is in a ticket's room, is writing, or has stopped."""

    type: Literal["typing"]
    typing: bool


class Read(_ClientFrame):
    """They have read a message, and what came before it."""

    type: Literal["read"]
    message_id: str = Field(min_length=1, max_length=256)


class TypingIn(_ClientFrame):
    """An agent is writing in a conversation, or has stopped."""

    type: Literal["typing"]
    topic: _Topic
    typing: bool


class ReadIn(_ClientFrame):
    """The team has read a conversation up to a message, or all of it."""

    type: Literal["read"]
    topic: _Topic
    message_id: str | None = Field(default=None, min_length=1, max_length=256)


AgentFrame = Subscribe | Unsubscribe | SetPresence | TypingIn | ReadIn | Ping
VisitorFrame = VisitorMessage | Delivered | Typing | Read | Ping

T = TypeVar("T")

_AUTHENTICATE: TypeAdapter[Authenticate] = TypeAdapter(Authenticate)
_AGENT: TypeAdapter[AgentFrame] = TypeAdapter(Annotated[AgentFrame, Field(discriminator="type")])
_VISITOR: TypeAdapter[VisitorFrame] = TypeAdapter(Annotated[VisitorFrame, Field(discriminator="type")])


def read_authenticate(text: str) -> Authenticate:
    """The first frame. Raises DomainError `invalid`."""
    return read(_AUTHENTICATE, text)


def read_agent_frame(text: str) -> AgentFrame:
    """A frame of an agent. Raises DomainError `invalid`."""
    return read(_AGENT, text)


def read_visitor_frame(text: str) -> VisitorFrame:
    """A frame of a visitor. Raises DomainError `invalid`."""
    return read(_VISITOR, text)


def read(adapter: TypeAdapter[T], text: str) -> T:
    """A frame by its model. Raises DomainError `invalid`, which says where, never what was there."""
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"][1:2])
        raise DomainError(
            ErrorCode.INVALID, f"The frame does not fit{f' at {where}' if where else ''}."
        ) from error
