"""Store a document and have this replica know it at once."""

from typing import Final

from services.ai.domain.documents import Document, DocumentKey
from services.ai.use_cases.index_documents import IndexDocuments
from services.ai.use_cases.put_document import Given, PutDocument

_NOTHING: Final = Given()


class TakeInDocument:
    """The other replicas find it in the store within seconds."""

    def __init__(self, put: PutDocument, index: IndexDocuments) -> None:
        self._put = put
        self._index = index

    async def __call__(self, key: DocumentKey, markdown: str, given: Given = _NOTHING) -> Document:
        """The stored document. Raises InvalidDocument."""
        document = await self._put(key, markdown, given)
        await self._index()
        return document
