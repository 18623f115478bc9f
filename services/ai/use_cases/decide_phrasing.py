"""A person looks at what was learnt: approves a phrasing, or revokes it."""

from typing import Literal, NamedTuple

from services.ai.domain.documents import Document, DocumentKey, KnowledgeBase, Phrasing
from services.ai.domain.phrasings import find_phrasing, phrasing_id, with_state
from services.ai.use_cases.ports import Documents


class Placed(NamedTuple):
    """A phrasing with its document."""

    document: Document
    phrasing: Phrasing

    @property
    def id(self) -> str:
        """Its name within the document."""
        return phrasing_id(self.phrasing.question)


class DecidePhrasing:
    """What a person decided stays, whatever is voted or learnt after that."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def __call__(
        self, key: DocumentKey, wanted: str, state: Literal["approved", "revoked"]
    ) -> Placed | None:
        """The phrasing in its new state; None where there is none of that id."""
        stored = await self._documents.get(key)
        if stored is None or find_phrasing(stored, wanted) is None:
            return None
        after = with_state(stored, wanted, state)
        if after != stored:
            await self._documents.save(after)
        phrasing = find_phrasing(after, wanted)
        return Placed(after, phrasing) if phrasing else None


class ListPhrasings:
    """What was learnt of a knowledge base, by document."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def __call__(
        self, base: KnowledgeBase, after: tuple[str, str] | None, limit: int, state: str | None = None
    ) -> list[Placed]:
        """At most ``limit``, from the one behind ``after`` (a document and a phrasing's id) on."""
        found: list[Placed] = []
        start = after[0] if after else ""
        while len(found) < limit:
            page = await self._documents.with_phrasings(base, start, limit)
            for document in page:
                placed = sorted((Placed(document, one) for one in document.phrasings), key=lambda one: one.id)
                found += [
                    one
                    for one in placed
                    if (after is None or (document.id, one.id) > after)
                    and state in (None, one.phrasing.state)
                ]
            if len(page) < limit:
                break
            # The smallest text behind the last id: the next page begins there.
            start = f"{page[-1].id}\0"
        return found[:limit]
