"""What the AI's use cases need from outside.

KnowledgeUnavailable    the engine gave no answer; not the same as nothing found
"""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from services.ai.domain.documents import Chunk, Document, DocumentKey, KnowledgeBase
from services.ai.domain.passages import Audience, Passage


class KnowledgeUnavailable(Exception):  # noqa: N818 - it names a state, as a caller reads it
    """The knowledge engine cannot be asked or gave no answer in time; passing."""


class Search(Protocol):
    """What answers are made from."""

    async def search(
        self,
        base: KnowledgeBase,
        query: str,
        limit: int,
        audience: Audience = "visitor",
        names: Sequence[str] = (),
    ) -> list[Passage]:
        """At most ``limit`` passages of one knowledge base, best first, each sharing a word with the query.

        For a visitor, internal documents do not exist. ``names`` are what the contact is called: no embedding
        model sees them. Raises KnowledgeUnavailable.
        """
        ...


class Knowledge(Search, Protocol):
    """The searchable index of documents; a copy that can be built anew from ``Documents`` at any time."""

    async def add_document(self, document: Document, chunks: Sequence[Chunk]) -> None:
        """Index a version of a document in place of the one before; no chunks leave nothing of it."""
        ...

    async def remove_document(self, key: DocumentKey) -> None:
        """Forget a document; one that is not there is no error."""
        ...

    async def flush(self) -> None:
        """Make what was indexed so far outlive the process."""
        ...

    async def revisions(self) -> dict[DocumentKey, int]:
        """Which revision of each document is indexed. Documents without chunks are not listed."""
        ...

    async def count(self, base: KnowledgeBase) -> int:
        """How many chunks of a knowledge base are indexed. Raises KnowledgeUnavailable."""
        ...


class Documents(Protocol):
    """The store of documents, the one truth about them, shared by all replicas of the service.

    Each save takes the next revision of one counter that all documents share, in the transaction that
    writes the document: writers are serialised by it, so whoever has read up to a revision will never find
    a lower one later.
    """

    async def save(self, document: Document) -> Document:
        """Store a version, removed or not, and give it back with its revision."""
        ...

    async def get(self, key: DocumentKey) -> Document | None:
        """The document as it is now, a removed one included; None if there never was one."""
        ...

    async def list(self, base: KnowledgeBase, limit: int = 1_000) -> Sequence[Document]:
        """The documents of one knowledge base that are not removed, by title."""
        ...

    async def page(self, base: KnowledgeBase, after: str | None, limit: int) -> Sequence[Document]:
        """Documents of one knowledge base that are not removed, by id, from the one behind ``after`` on."""
        ...

    async def with_phrasings(self, base: KnowledgeBase, start: str, limit: int) -> Sequence[Document]:
        """Documents of one knowledge base with phrasings, by id, from ``start`` on, itself included."""
        ...

    async def count(self, base: KnowledgeBase) -> int:
        """How many there are of one knowledge base that are not removed."""
        ...

    async def revisions(self) -> dict[DocumentKey, int]:
        """The revision of every document that is not removed."""
        ...

    async def generation(self) -> int:
        """Which generation of the index is to serve."""
        ...

    async def next_generation(self) -> int:
        """Ask every replica for a new one; its number."""
        ...

    async def last_revision(self) -> int:
        """The highest revision given so far, 0 before the first."""
        ...

    def changed_since(self, revision: int) -> AsyncIterator[Document]:
        """Every document with a higher revision, removed ones included, lowest first, one at a time."""
        ...
