"""Files in the blob store: what is known of one, whose it is, and who may read it.

A file belongs to exactly one owner, in one account. It is bound to a conversation by a message of that
conversation that names it, and read through nothing else.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from libs.contracts.base import Contract, Id, Query
from libs.contracts.conversation import Attachment, Person
from libs.contracts.vocabulary import MessageKind

#: Files that one message takes.
MOST_ATTACHMENTS = 10
Owner = Annotated[str, Field(min_length=1, max_length=600)]


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be stored. Without `expires_at` it stays until somebody removes it."""

    id: str
    account_id: str
    owner: str
    content_type: str
    created_at: datetime
    filename: str | None = None
    expires_at: datetime | None = None


class StoredFile(Contract):
    """A file as the blob store knows it. `content_type` is what its first bytes say, not what somebody
    claimed; `size` is in bytes, `sha256` in hexadecimal. Until `expires_at` it waits to be used.
    """

    id: Id
    account_id: Id
    owner: Owner
    filename: str | None = Field(default=None, max_length=512)
    content_type: str = Field(max_length=256)
    size: int
    sha256: str = Field(max_length=64)
    created_at: datetime
    expires_at: datetime | None = None

    def attachment(self) -> Attachment:
        """The same, as a message names it."""
        return Attachment(
            kind=kind_of(self.content_type),
            reference=self.id,
            file_id=self.id,
            filename=self.filename,
            content_type=self.content_type,
            size=self.size,
        )


class GetFile(Query, type="get_file.v1"):
    """The attachment of a message in this conversation; `not_found` also for a file of another one.

    Asked by a `person`, who has to see the conversation, or for the visitor of `connection_id` and
    `session_id`, whose own it has to be; the visitor need not know the conversation's id.
    """

    file_id: Id
    person: Person | None = None
    conversation_id: Id | None = None
    connection_id: Id | None = None
    session_id: Id | None = None


def owned_by_conversation(conversation_id: str) -> str:
    """The owner of what people put into a conversation."""
    return f"conversation:{conversation_id}"


def owned_by_contact(connection_id: str, alias: str) -> str:
    """The owner of what a contact sent, whose conversation need not be known yet."""
    return f"contact:{len(connection_id)}:{connection_id}:{alias}"


def kind_of(content_type: str) -> MessageKind:
    """The neutral kind of a file of this type."""
    match content_type.partition("/")[0]:
        case "image" if content_type != "image/svg+xml":
            return MessageKind.IMAGE
        case "video":
            return MessageKind.VIDEO
        case "audio":
            return MessageKind.AUDIO
    return MessageKind.DOCUMENT


def kind_of_message(attachments: tuple[Attachment, ...]) -> MessageKind:
    """The neutral kind of a message with these attachments."""
    return attachments[0].kind if attachments else MessageKind.TEXT


def shown_attachments(attachments: tuple[Attachment, ...]) -> dict[str, Any]:
    """A message's files as frames show them; nothing for a message without any. A file without `file_id` is
    still with its platform.
    """
    if not attachments:
        return {}
    shown = {"file_id", "kind", "filename", "content_type", "size"}
    return {"attachments": [one.model_dump(mode="json", include=shown) for one in attachments]}
