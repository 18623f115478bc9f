"""What has been removed, made internal or replaced is not told, however late the index is."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from libs.contracts.errors import TransientError
from services.ai.domain.documents import KnowledgeBase
from services.ai.domain.passages import Audience, Passage
from services.ai.use_cases.current_ports import CurrentDocuments
from services.ai.use_cases.ports import KnowledgeUnavailable, Search

#: A question does not wait longer for the index; what is not in it by then is not told.
_CATCH_UP_SECONDS: Final = 1.0


class CurrentKnowledge:
    """The port `Search` over an index that follows the store seconds later.

    Passages found are compared with the store. Where one is of an older version ``follow`` brings the index
    up to date and the question is asked again. Raises TransientError while the store is away.
    """

    def __init__(
        self,
        search: Search,
        documents: CurrentDocuments,
        follow: Callable[[], Awaitable[object]],
        *,
        seconds: float = _CATCH_UP_SECONDS,
    ) -> None:
        self._search = search
        self._documents = documents
        self._follow = follow
        self._seconds = seconds
        self._following: asyncio.Task[None] | None = None

    async def search(
        self,
        base: KnowledgeBase,
        query: str,
        limit: int,
        audience: Audience = "visitor",
        names: Sequence[str] = (),
    ) -> list[Passage]:
        """At most ``limit`` passages that may be told now, best first."""
        found = await self._search.search(base, query, limit, audience, names)
        if await self.stands(base, found, audience):
            return found
        await self._catch_up()
        found = await self._search.search(base, query, limit, audience, names)
        return await self._standing(base, found, audience)

    async def stands(
        self, base: KnowledgeBase, passages: Sequence[Passage], audience: Audience = "visitor"
    ) -> bool:
        """Whether all of these may be told now."""
        return len(await self._standing(base, passages, audience)) == len(passages)

    async def _standing(
        self, base: KnowledgeBase, passages: Sequence[Passage], audience: Audience
    ) -> list[Passage]:
        if not passages:
            return []
        current = await self._documents.current(base, {one.document_id for one in passages})
        return [
            one
            for one in passages
            if (now := current.get(one.document_id)) is not None
            and now.revision == one.revision
            and (audience == "agent" or now.visibility == "public")
        ]

    async def _catch_up(self) -> None:
        """One run for all who wait; it goes on when they stop waiting, as a long one must not be cut."""
        if self._following is None or self._following.done():
            self._following = asyncio.create_task(self._run())
        await asyncio.wait({self._following}, timeout=self._seconds)

    async def _run(self) -> None:
        # The run that follows the store by time meets the same failure, and reports it.
        with suppress(TransientError, KnowledgeUnavailable):
            await self._follow()
