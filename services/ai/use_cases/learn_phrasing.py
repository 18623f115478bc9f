"""A question that an agent approved an answer to becomes part of its article, and may be taken back."""

from services.ai.domain.documents import DocumentKey, Phrasing
from services.ai.domain.phrasings import with_phrasing, without_phrasing
from services.ai.use_cases.ports import Documents


class LearnPhrasing:
    """Indexes follow within seconds: it is a new revision of the document. ``reviewed`` has what is learnt
    wait until a person approves it.

    Two at once for the same document may lose one of them, which costs one example.
    """

    def __init__(self, documents: Documents, *, reviewed: bool = False) -> None:
        self._documents = documents
        self._reviewed = reviewed

    async def __call__(self, key: DocumentKey, phrasing: Phrasing) -> bool:
        """Whether there is such a document."""
        stored = await self._documents.get(key)
        if stored is None or stored.removed or not phrasing.question.strip():
            return False
        if self._reviewed:
            phrasing = phrasing._replace(state="waiting")
        await self._documents.save(with_phrasing(stored, phrasing))
        return True


class ForgetPhrasing:
    """Takes a phrasing back, which somebody found wrong or whose writer is erased."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def __call__(self, key: DocumentKey, question: str) -> bool:
        """Whether the document had it."""
        stored = await self._documents.get(key)
        if stored is None:
            return False
        left = without_phrasing(stored, question)
        if left == stored:
            return False
        await self._documents.save(left)
        return True
