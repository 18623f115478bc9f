"""Put files that came inside a platform's post into the blob store, before anything is published."""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from dataclasses import replace

from libs.contracts.conversation import Attachment
from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.files import NewFile, owned_by_contact
from services.gateway.domain.inbound import Inbound
from services.gateway.domain.uploads import clean_filename
from services.gateway.use_cases.file_ports import Files, Sniff
from services.gateway.use_cases.ports import DeriveId, Now

_PIECE = 262_144
#: Bytes of one file; a mail altogether has less.
_MOST_BYTES = 52_428_800


class KeepInlineFiles:
    """What a mail carries is here already, and never on the broker. The same post names the same files."""

    def __init__(self, files: Files, sniff: Sniff, *, now: Now, derive_id: DeriveId) -> None:
        self._files = files
        self._sniff = sniff
        self._now = now
        self._derive_id = derive_id

    async def __call__(self, connection: ConnectionSecrets, message: Inbound) -> Inbound:
        """The message with its files in the store; what cannot be decoded stays without. Raises
        TransientError while the store is away, so that the platform posts again.
        """
        if not message.contents:
            return message
        kept = {
            reference: await self._keep(connection, message, reference, text)
            for reference, text in message.contents
        }
        attachments = tuple(kept.get(one.reference) or one for one in message.attachments)
        return replace(message, attachments=attachments, contents=())

    async def _keep(
        self, connection: ConnectionSecrets, message: Inbound, reference: str, text: str
    ) -> Attachment | None:
        named = next((one for one in message.attachments if one.reference == reference), None)
        try:
            # Beside the loop: a mail's files may have many megabytes.
            content = await asyncio.to_thread(base64.b64decode, text, validate=False)
        except (binascii.Error, ValueError):
            return None
        if named is None or len(content) > _MOST_BYTES:
            return None
        filename = clean_filename(named.filename)
        file = NewFile(
            id=self._derive_id("inline", connection.connection_id, message.delivery_id, reference),
            account_id=connection.account_id,
            owner=owned_by_contact(connection.connection_id, message.author.alias),
            content_type=self._sniff(content, filename=filename, claimed=named.content_type),
            created_at=self._now(),
            filename=filename,
        )
        stored = await self._files.put(file, _pieces(content), most_bytes=_MOST_BYTES)
        return stored.attachment().model_copy(update={"reference": reference})


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), _PIECE):
        yield content[at : at + _PIECE]
