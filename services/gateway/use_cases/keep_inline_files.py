"""Put files that came inside a platform's post into the blob store, before anything is published."""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Collection
from dataclasses import replace

from libs.contracts.conversation import Attachment
from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.files import NewFile, owned_by_contact
from services.gateway.domain.inbound import Inbound
from services.gateway.domain.uploads import clean_filename
from services.gateway.domain.webhooks import Held
from services.gateway.use_cases.file_ports import Files, Sniff
from services.gateway.use_cases.ports import DeriveId, Now
from services.gateway.use_cases.take_files_out import MOST_BYTES

_PIECE = 262_144


class KeepInlineFiles:
    """What a mail carries is here already, and never on the broker. The same post names the same files."""

    def __init__(self, files: Files, sniff: Sniff, *, now: Now, derive_id: DeriveId) -> None:
        self._files = files
        self._sniff = sniff
        self._now = now
        self._derive_id = derive_id

    async def __call__(
        self, connection: ConnectionSecrets, message: Inbound, held: Collection[Held] = ()
    ) -> Inbound:
        """The message with its files in the store, where those that are `held` lie already; what cannot be
        decoded stays without. Raises TransientError while the store is away, so that the platform posts
        again.
        """
        if not message.contents:
            return message
        marked = {one.mark: one for one in held}
        named = {one.reference: one for one in message.attachments}
        kept = {
            reference: await self._keep(connection, message, named[reference], marked.get(text, text))
            for reference, text in message.contents
        }
        attachments = tuple(kept.get(one.reference) or one for one in message.attachments)
        return replace(message, attachments=attachments, contents=())

    async def _keep(
        self, connection: ConnectionSecrets, message: Inbound, named: Attachment, content: str | Held
    ) -> Attachment | None:
        if isinstance(content, Held):
            if not content.whole:
                return None
            file = self._file(connection, message, named, content.head)
            stored = await self._files.rename(connection.account_id, content.mark, file)
        else:
            decoded = await _decoded(content)
            if decoded is None or len(decoded) > MOST_BYTES:
                return None
            file = self._file(connection, message, named, decoded)
            stored = await self._files.put(file, _pieces(decoded), most_bytes=MOST_BYTES)
        return stored.attachment().model_copy(update={"reference": named.reference})

    def _file(
        self, connection: ConnectionSecrets, message: Inbound, named: Attachment, head: bytes
    ) -> NewFile:
        filename = clean_filename(named.filename)
        return NewFile(
            id=self._derive_id("inline", connection.connection_id, message.delivery_id, named.reference),
            account_id=connection.account_id,
            owner=owned_by_contact(connection.connection_id, message.author.alias),
            content_type=self._sniff(head, filename=filename, claimed=named.content_type),
            created_at=self._now(),
            filename=filename,
        )


async def _decoded(text: str) -> bytes | None:
    try:
        # Beside the loop: what one post holds may still have a megabyte.
        return await asyncio.to_thread(base64.b64decode, text, validate=False)
    except (binascii.Error, ValueError):
        return None


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), _PIECE):
        yield content[at : at + _PIECE]
