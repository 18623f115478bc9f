"""A chatbot's documents: commands that change them, queries that show them."""

from typing import Protocol

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.knowledge import (
    DocumentPage,
    DocumentText,
    DocumentView,
    GetDocument,
    GetKnowledgeStatus,
    KnowledgeStatus,
    ListDocuments,
    PutDocument,
    ReindexKnowledge,
    RemoveDocument,
)
from libs.runtime.received import Received, Routes
from services.ai.domain.documents import Document, DocumentKey, KnowledgeBase
from services.ai.domain.files import FileFormat, InvalidDocument
from services.ai.use_cases.look_at_knowledge import Listed, LookAtKnowledge
from services.ai.use_cases.put_document import Given
from services.ai.use_cases.reindex_knowledge import Rebuilding
from services.ai.use_cases.reindex_knowledge import ReindexKnowledge as Reindex
from services.ai.use_cases.remove_document import RemoveDocument as Remove

_MOST_TEXT = 65_536


class TakeInFile(Protocol):
    """The use case `TakeInFile`."""

    async def __call__(
        self,
        key: DocumentKey,
        file_id: str,
        format: FileFormat,  # noqa: A002 - the contract's word
        given: Given,
    ) -> Document:
        """Store and index."""
        ...


class Knowing:
    """One method a message. `engine` and `embedding` are what retrieval was put together of."""

    def __init__(
        self,
        take_in: TakeInFile,
        remove: Remove,
        look: LookAtKnowledge,
        engine: str,
        embedding: str | None,
        reindex: Reindex,
    ) -> None:
        self._reindex = reindex
        self._take_in = take_in
        self._remove = remove
        self._look = look
        self._engine = engine
        self._embedding = embedding

    def puts(self) -> Routes:
        """Routes of the queue of new documents and versions."""
        return {PutDocument: self.on_put}

    def removals(self) -> Routes:
        """Routes of the queue of documents to remove."""
        return {RemoveDocument: self.on_remove}

    def renewals(self) -> Routes:
        """Routes of the queue of indexes to build anew."""
        return {ReindexKnowledge: self.on_reindex}

    def queries(self) -> Routes:
        """Routes of the queue of queries."""
        return {
            ListDocuments: self.on_list,
            GetDocument: self.on_get,
            GetKnowledgeStatus: self.on_status,
        }

    async def on_put(self, received: Received[PutDocument]) -> DocumentView:
        """Store it. DomainError `invalid` for what cannot be read."""
        command = received.message
        key = _key(received, command.chatbot_id, command.document_id)
        given = Given(command.title, command.visibility, command.language)
        try:
            document = await self._take_in(key, command.file_id, command.format.value, given)
        except InvalidDocument as error:
            raise DomainError(ErrorCode.INVALID, str(error)) from error
        return _view(Listed(document, is_indexed=True))

    async def on_remove(self, received: Received[RemoveDocument]) -> DocumentView:
        """Take it away."""
        command = received.message
        key = _key(received, command.chatbot_id, command.document_id)
        found = await self._found(key)
        await self._remove(key)
        return _view(found)

    async def on_list(self, received: Received[ListDocuments]) -> DocumentPage:
        """A page."""
        query = received.message
        base = KnowledgeBase(received.envelope.accountid, query.chatbot_id)
        found = await self._look.page(base, query.cursor, query.page_size + 1)
        items = tuple(_view(one) for one in found[: query.page_size])
        return DocumentPage(items=items, next_cursor=items[-1].id if len(found) > len(items) else None)

    async def on_get(self, received: Received[GetDocument]) -> DocumentText:
        """One, with its text."""
        query = received.message
        found = await self._found(_key(received, query.chatbot_id, query.document_id))
        text = found.document.text
        return DocumentText(
            **_view(found).model_dump(), text=text[:_MOST_TEXT], is_cut=len(text) > _MOST_TEXT
        )

    async def on_status(self, received: Received[GetKnowledgeStatus]) -> KnowledgeStatus:
        """How retrieval stands."""
        return await self._status(received, await self._reindex.look())

    async def on_reindex(self, received: Received[ReindexKnowledge]) -> KnowledgeStatus:
        """Begin, unless it has begun."""
        return await self._status(received, await self._reindex())

    async def _status(
        self, received: Received[GetKnowledgeStatus] | Received[ReindexKnowledge], rebuilding: Rebuilding
    ) -> KnowledgeStatus:
        base = KnowledgeBase(received.envelope.accountid, received.message.chatbot_id)
        status = await self._look.status(base)
        return KnowledgeStatus(
            state=status.state,
            engine=self._engine,
            embedding=self._embedding,
            generation=rebuilding.serving,
            next_generation=rebuilding.coming,
            rebuilt=rebuilding.progress.done,
            to_rebuild=rebuilding.progress.total,
            documents=status.documents,
            chunks=status.chunks,
            to_index=status.to_index,
        )

    async def _found(self, key: DocumentKey) -> Listed:
        found = await self._look.document(key)
        if found is None:
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such document.")
        return found


def _key(
    received: Received[PutDocument] | Received[RemoveDocument] | Received[GetDocument],
    chatbot_id: str,
    document_id: str,
) -> DocumentKey:
    return DocumentKey(KnowledgeBase(received.envelope.accountid, chatbot_id), document_id)


def _view(listed: Listed) -> DocumentView:
    document = listed.document
    return DocumentView(
        id=document.id,
        chatbot_id=document.chatbot_id,
        title=document.title,
        visibility=document.visibility,
        language=document.language,
        revision=document.revision,
        characters=len(document.text),
        phrasings=sum(one.is_used for one in document.phrasings),
        state="indexed" if listed.is_indexed else "indexing",
    )
