"""Name uploaded files in a message."""

from collections.abc import Sequence

from libs.contracts.conversation import Attachment
from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.use_cases.file_ports import Files


class AttachFiles:
    """A file is attached only where it was uploaded: its owner is the conversation, or the visitor."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(
        self, account_id: str, owner: str, file_ids: Sequence[str], conversation_id: str | None = None
    ) -> tuple[Attachment, ...]:
        """The attachments, in this order. Raises DomainError `invalid` for a file that is not there, or is
        somebody else's.
        """
        attachments = []
        for file_id in dict.fromkeys(file_ids):
            stored = await self._files.find(account_id, file_id)
            if stored is None or stored.owner != owner:
                raise DomainError(
                    ErrorCode.INVALID, "There is no such file here.", conversation_id=conversation_id
                )
            attachments.append(stored.attachment())
        if attachments:
            await self._files.keep(account_id, [one.reference for one in attachments])
        return tuple(attachments)
