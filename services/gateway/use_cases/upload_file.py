"""Take in a file that somebody uploads to a conversation, before a message names it."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.files import NewFile, StoredFile, owned_by_contact, owned_by_conversation
from services.gateway.domain.callers import PersonCaller, VisitorCaller
from services.gateway.domain.uploads import check_taken, clean_filename
from services.gateway.use_cases.file_ports import Files, Sniff
from services.gateway.use_cases.ports import Conversations, Now

#: Bytes that are looked at before anything is stored.
_HEAD = 8_192


@dataclass(frozen=True)
class Upload:
    """A file on its way in. What it says of itself is not believed."""

    filename: str | None
    claimed: str | None
    chunks: AsyncIterator[bytes]


class UploadFile:
    """A file that no message names within `lifetime` is removed."""

    def __init__(
        self,
        files: Files,
        conversations: Conversations,
        sniff: Sniff,
        *,
        now: Now,
        most_bytes: int,
        lifetime: timedelta,
    ) -> None:
        self._files = files
        self._conversations = conversations
        self._sniff = sniff
        self._now = now
        self._most_bytes = most_bytes
        self._lifetime = lifetime

    async def by_person(
        self, caller: PersonCaller, conversation_id: str, upload: Upload, file_id: str
    ) -> StoredFile:
        """Into a conversation that the person sees. Raises DomainError `not_found`, `too_large`,
        `unsupported_media_type`, `invalid` for an empty file, and `idempotency_key_reused` for another file
        under the id of an earlier one.
        """
        found = await self._conversations.find_for_person(caller.person, conversation_id=conversation_id)
        if found.conversation is None:
            raise DomainError(
                ErrorCode.NOT_FOUND, "There is no such conversation.", conversation_id=conversation_id
            )
        owner = owned_by_conversation(found.conversation.id)
        return await self._store(caller.account_id, owner, upload, file_id)

    async def by_visitor(self, visitor: VisitorCaller, upload: Upload, file_id: str) -> StoredFile:
        """For the visitor's own thread, which the message may be the first of. Raises the same."""
        owner = owned_by_contact(visitor.connection_id, visitor.visitor_id)
        return await self._store(visitor.account_id, owner, upload, file_id)

    async def _store(self, account_id: str, owner: str, upload: Upload, file_id: str) -> StoredFile:
        head = await _head(upload.chunks)
        if not head:
            raise DomainError(ErrorCode.INVALID, "The file is empty.")
        filename = clean_filename(upload.filename)
        content_type = self._sniff(head, filename=filename, claimed=upload.claimed)
        check_taken(content_type)
        at, digest = self._now(), hashlib.sha256()

        async def whole() -> AsyncIterator[bytes]:
            digest.update(head)
            yield head
            async for chunk in upload.chunks:
                digest.update(chunk)
                yield chunk

        file = NewFile(
            id=file_id,
            account_id=account_id,
            owner=owner,
            content_type=content_type,
            created_at=at,
            filename=filename,
            expires_at=at + self._lifetime,
        )
        stored = await self._files.put(file, whole(), most_bytes=self._most_bytes)
        if stored.sha256 != digest.hexdigest() or stored.owner != owner:
            raise DomainError(
                ErrorCode.IDEMPOTENCY_KEY_REUSED, "The Idempotency-Key was used for another file."
            )
        return stored


async def _head(chunks: AsyncIterator[bytes]) -> bytes:
    """What the type is told from; the rest stays in the stream."""
    head = bytearray()
    async for chunk in chunks:
        head += chunk
        if len(head) >= _HEAD:
            break
    return bytes(head)
