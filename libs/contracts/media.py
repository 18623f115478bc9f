"""Files that a platform keeps, brought into the blob store after their message was recorded."""

from pydantic import Field

from libs.contracts.base import Command, Id
from libs.contracts.conversation import Attachment, ConversationEvent


class RecordFiles(Command, type="record_files.v1"):
    """These files of a message are in the blob store now. Each is the message's attachment of the same
    `reference`, with its `file_id`. Files of a message that is not there (any more) change nothing.
    """

    conversation_id: Id
    message_id: Id
    files: tuple[Attachment, ...] = Field(min_length=1, max_length=64)


class FilesStored(ConversationEvent, type="conversation.files_stored.v1"):
    """A message's files can be read: its attachments as they are now."""

    message_id: Id
    attachments: tuple[Attachment, ...] = Field(max_length=64)
