"""What clients may send in the room of a ticket."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.tickets import may_present
from services.gateway.domain.client_frames import Delivered, Ping, Read, SaidFrame, Typing, read


class ChatMessage(SaidFrame):
    """A message. The same `client_message_id` sent again is the same message. `isAI` says that the AI
    suggested it, `suggestion_id` which suggestion it was.
    """

    type: Literal["chat"]
    ticket_id: str = Field(min_length=1, max_length=256)
    sender_id: str = Field(min_length=1, max_length=256)
    sender_role: str = Field(min_length=1, max_length=300)
    isAI: bool = False  # noqa: N815 - as frontends know it
    feedback: Literal["none"] = "none"
    client_message_id: str | None = Field(default=None, min_length=1, max_length=128)
    suggestion_id: str | None = Field(default=None, min_length=1, max_length=256)


ChatFrame = ChatMessage | Delivered | Typing | Read | Ping

_CHAT: TypeAdapter[ChatFrame] = TypeAdapter(Annotated[ChatFrame, Field(discriminator="type")])


def read_chat_frame(text: str) -> ChatFrame:
    """A frame of somebody in the room. Raises DomainError `invalid`."""
    return read(_CHAT, text)


def check_sender(frame: ChatMessage, ticket_id: str, person: Person) -> None:
    """Raise DomainError `forbidden` unless the frame is for this room and of who it says it is."""
    if frame.ticket_id != ticket_id:
        raise DomainError(ErrorCode.FORBIDDEN, "This is the room of another ticket.")
    if frame.sender_id != person.id or not may_present(frame.sender_role, person.role, person.departments):
        raise DomainError(ErrorCode.FORBIDDEN, "The sender is somebody else.")
