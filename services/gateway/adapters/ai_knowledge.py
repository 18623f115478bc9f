"""The AI service's knowledge over the broker, and the blob store that files go to it by."""

from collections.abc import AsyncIterable, Collection
from datetime import datetime
from typing import Final, TypeVar

from pydantic import BaseModel

from libs.contracts import topology
from libs.contracts.base import Command, Query
from libs.contracts.files import NewFile, StoredFile
from libs.contracts.improving import ImproveDraft
from libs.contracts.knowledge import MOST_DOCUMENT_BYTES
from libs.runtime.blobs import Blobs
from libs.runtime.clock import now
from libs.runtime.rpc import RpcClient

A = TypeVar("A", bound=BaseModel)

#: A PDF may take its reader 25 s.
_COMMAND_SECONDS: Final = 45.0
#: The AI service gives its models 18 s by default.
_MODEL_SECONDS: Final = 25.0
_QUERY_SECONDS: Final = 3.0


class AiKnowledge:
    """The port Knowledge."""

    def __init__(self, rpc: RpcClient) -> None:
        self._rpc = rpc

    async def ask(self, query: Query, *, account_id: str, answer: type[A]) -> A:
        """Asked, with the time that models may take where one is asked."""
        limit = _MODEL_SECONDS if isinstance(query, ImproveDraft) else _QUERY_SECONDS
        return await self._rpc.ask(
            query, service="ai", account_id=account_id, answer=answer, time_limit=limit
        )

    async def carry_out(
        self,
        command: Command,
        *,
        account_id: str,
        id: str,  # noqa: A002 - the envelope's attribute
        answer: type[A],
    ) -> A:
        """Commanded."""
        result = await self._rpc.command(
            command,
            exchange=topology.AI_COMMANDS,
            routing_key=command.type,
            account_id=account_id,
            id=id,
            time_limit=_COMMAND_SECONDS,
        )
        return answer.model_validate(result)


class DocumentUploads:
    """The port Uploads."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def put(
        self, account_id: str, file_id: str, chunks: AsyncIterable[bytes], waits_until: datetime
    ) -> StoredFile:
        """Streamed."""
        file = NewFile(
            id=file_id,
            account_id=account_id,
            owner="document",
            content_type="application/octet-stream",
            created_at=now(),
            expires_at=waits_until,
        )
        return await self._blobs.put(file, chunks, most_bytes=MOST_DOCUMENT_BYTES)

    async def remove(self, account_id: str, file_ids: Collection[str]) -> None:
        """Removed."""
        await self._blobs.remove(account_id, file_ids=file_ids)
