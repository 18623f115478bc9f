"""A vote on an answer counts for or against the documents and phrasings that the answer came from."""

from services.ai.domain.documents import DocumentKey
from services.ai.domain.phrasings import weighed
from services.ai.domain.votes import Vote
from services.ai.use_cases.learning_ports import Votes
from services.ai.use_cases.ports import Documents


class CastVote:
    """The phrasings are weighed by all votes that are kept, so that a vote cast twice is one."""

    def __init__(self, votes: Votes, documents: Documents) -> None:
        self._votes = votes
        self._documents = documents

    async def __call__(self, vote: Vote) -> None:
        """Of value 0 it is taken back."""
        if vote.value:
            await self._votes.put(vote)
        else:
            await self._votes.remove(vote.base.account_id, vote.id)
        for document_id in vote.documents if vote.question else ():
            key = DocumentKey(vote.base, document_id)
            stored = await self._documents.get(key)
            if stored is None or not stored.phrasings:
                continue
            after = weighed(stored, vote.question, await self._votes.of_document(key))
            if after != stored:
                await self._documents.save(after)
