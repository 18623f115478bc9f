"""A chatbot's knowledge: the documents that the AI service keeps, and what of them it has indexed."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from libs.contracts.base import Command, Contract, Id, Query, Text

#: Bytes of a file that becomes a document.
MOST_DOCUMENT_BYTES = 20 * 1024 * 1024

Title = Annotated[str, Field(min_length=1, max_length=300, pattern=r"\S")]
Visibility = Literal["public", "internal"]
#: ISO 639-1.
LanguageCode = Annotated[str, Field(max_length=16)]


class DocumentFormat(StrEnum):
    """What a file is. CSV is of questions and answers."""

    MARKDOWN = "markdown"
    TEXT = "text"
    HTML = "html"
    PDF = "pdf"
    CSV = "csv"


class DocumentView(Contract):
    """A document. `internal` ones are for agents alone and never quoted to visitors; `phrasings` counts the
    questions that agents approved an answer to. `indexing` until the replica that answers can find it.
    """

    id: Id
    chatbot_id: Id
    title: str
    visibility: Visibility
    language: str | None = None
    revision: int
    characters: int
    phrasings: int = 0
    state: Literal["indexing", "indexed"]


class DocumentText(DocumentView):
    """A document with its text as Markdown; `is_cut` where it goes on."""

    text: Text
    is_cut: bool = False


class DocumentPage(Contract):
    """The answer to ListDocuments, in the order of their ids."""

    items: tuple[DocumentView, ...]
    next_cursor: str | None = None


class KnowledgeStatus(Contract):
    """What a chatbot's answers are found with. `off`: the engine gives no answer, which is not the same as
    nothing found. While `indexing`, `to_index` documents of all chatbots wait. `embedding` is None where
    words alone are compared.

    `generation` is the index that serves. While another one is built beside it, `next_generation` is its
    number, and `rebuilt` of `to_rebuild` documents of all chatbots are in it.
    """

    state: Literal["ready", "indexing", "off"]
    engine: str
    embedding: str | None = None
    generation: int = 0
    next_generation: int | None = None
    rebuilt: int = 0
    to_rebuild: int = 0
    documents: int
    chunks: int
    to_index: int = 0


class PutDocument(Command, type="put_document.v1"):
    """Make a file of the blob store a document, or the new version of the one of that id. What is None is
    read from the file. The file is removed once it is read. `invalid` for a file that cannot be read.
    """

    chatbot_id: Id
    document_id: Id
    file_id: Id
    format: DocumentFormat
    title: Title | None = None
    visibility: Visibility | None = None
    language: LanguageCode | None = None


class RemoveDocument(Command, type="remove_document.v1"):
    """Take a document away; the answer is the document as it was."""

    chatbot_id: Id
    document_id: Id


class ReindexKnowledge(Command, type="reindex_knowledge.v1"):
    """Have the index built anew beside the one that serves, for all chatbots, for they share it; where one
    is being built, that is it. The answer is a KnowledgeStatus of the chatbot.
    """

    chatbot_id: Id


class ListDocuments(Query, type="list_documents.v1"):
    """The documents of a chatbot."""

    chatbot_id: Id
    cursor: str | None = Field(default=None, max_length=512)
    page_size: int = Field(default=20, ge=1, le=100)


class GetDocument(Query, type="get_document.v1"):
    """One document."""

    chatbot_id: Id
    document_id: Id


class GetKnowledgeStatus(Query, type="get_knowledge_status.v1"):
    """What a chatbot's answers are found with."""

    chatbot_id: Id
