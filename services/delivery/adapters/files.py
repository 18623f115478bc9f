"""Fetches what a message names in the blob store."""

from libs.contracts.conversation import Attachment
from libs.contracts.errors import DomainError, TransientError
from libs.runtime.blobs import Blobs
from services.delivery.domain.outcomes import NotTried, Refused


class Files:
    """Reads whole files, never more than a platform takes."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def load(
        self, account_id: str, attachment: Attachment, *, most_bytes: int
    ) -> bytes | Refused | NotTried:
        """A file's bytes, or why it cannot go out: gone, or larger than the platform takes."""
        if attachment.file_id is None:
            return Refused("file_missing", "the file is not in the store")
        content = bytearray()
        try:
            async for piece in self._blobs.read(account_id, attachment.file_id):
                content += piece
                if len(content) > most_bytes:
                    return Refused("file_too_large", f"the channel takes {most_bytes} bytes")
        except DomainError:
            return Refused("file_missing", "the file is not in the store")
        except TransientError as error:
            return NotTried(error.code, error.retry_after or 1.0)
        return bytes(content)


def name_of(attachment: Attachment) -> str:
    """What the file is called towards the platform."""
    return attachment.filename or "file"


def type_of(attachment: Attachment) -> str:
    """Its content type."""
    return attachment.content_type or "application/octet-stream"
