"""Have the index built anew, and say how far that is."""

from dataclasses import dataclass

from services.ai.use_cases.generations import Generations
from services.ai.use_cases.index_documents import IndexProgress
from services.ai.use_cases.ports import Documents


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """``serving`` is the generation that answers, ``coming`` the one to come on this replica, if any."""

    serving: int
    coming: int | None
    progress: IndexProgress


class ReindexKnowledge:
    """One at a time: whoever asks while one is being built gets that one, so that nobody can keep every
    replica at it.
    """

    def __init__(self, documents: Documents, generations: Generations) -> None:
        self._documents = documents
        self._generations = generations

    async def __call__(self) -> Rebuilding:
        """Ask every replica for it."""
        if (await self.look()).coming is None:
            await self._documents.next_generation()
        return await self.look()

    async def look(self) -> Rebuilding:
        """How it stands on this replica."""
        serving, wanted = self._generations.number, await self._documents.generation()
        return Rebuilding(serving, wanted if wanted != serving else None, self._generations.filled)
