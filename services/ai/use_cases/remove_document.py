"""Take a document away, so that it is quoted no more."""

from dataclasses import replace

from services.ai.domain.documents import DocumentKey
from services.ai.use_cases.ports import Documents


class RemoveDocument:
    """Keeps a stub of the document, without its text, which tells every index to forget it."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def __call__(self, key: DocumentKey) -> bool:
        """Whether there was such a document."""
        stored = await self._documents.get(key)
        if stored is None or stored.removed:
            return False
        await self._documents.save(replace(stored, text="", phrasings=(), removed=True))
        return True
