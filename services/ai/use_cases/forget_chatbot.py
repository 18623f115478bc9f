"""A chatbot is no more: what it knew and what it learnt is removed."""

from typing import Final

from services.ai.domain.documents import KnowledgeBase
from services.ai.use_cases.learning_ports import Proposals, Votes
from services.ai.use_cases.ports import Documents
from services.ai.use_cases.remove_document import RemoveDocument

#: Documents that are read, and rows of what was learnt that are deleted, at once.
DOCUMENTS_AT_ONCE: Final = 20
ROWS_AT_ONCE: Final = 1_000


class ForgetChatbot:
    """Documents with the phrasings in them go as they do by hand, one after the other, and indexes follow;
    then answers, suggestions and votes. What is gone before a failure is not there for the next attempt.
    """

    def __init__(
        self, documents: Documents, remove: RemoveDocument, proposals: Proposals, votes: Votes
    ) -> None:
        self._documents = documents
        self._remove = remove
        self._proposals = proposals
        self._votes = votes

    async def __call__(self, base: KnowledgeBase) -> None:
        """Doing it twice changes nothing. Raises TransientError."""
        after: str | None = None
        while page := await self._documents.page(base, after, DOCUMENTS_AT_ONCE):
            for document in page:
                await self._remove(document.key)
            after = page[-1].id
        for kept in (self._proposals, self._votes):
            while await kept.forget_some(base, ROWS_AT_ONCE):
                pass
