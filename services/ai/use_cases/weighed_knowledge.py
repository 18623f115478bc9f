"""Passages of documents that people approved answers from are surer, those of rejected ones less sure."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from libs.contracts.errors import TransientError
from services.ai.domain.documents import KnowledgeBase
from services.ai.domain.passages import Audience, Passage
from services.ai.domain.votes import Tally, tallies
from services.ai.use_cases.learning_ports import Votes
from services.ai.use_cases.ports import Search

#: Votes need not count at once, and every question asks for them.
_FRESH_SECONDS: Final = 30.0
_MOST_BASES: Final = 1_000


class WeighedKnowledge:
    """The port `Search` over another, with what was voted. ``clock`` gives seconds."""

    def __init__(self, search: Search, votes: Votes, clock: Callable[[], float]) -> None:
        self._search = search
        self._votes = votes
        self._clock = clock
        self._known: OrderedDict[KnowledgeBase, tuple[float, Mapping[str, Tally]]] = OrderedDict()

    async def search(
        self,
        base: KnowledgeBase,
        query: str,
        limit: int,
        audience: Audience = "visitor",
        names: Sequence[str] = (),
    ) -> list[Passage]:
        """The passages; in another order where votes make a later one the likelier. Without votes, or while
        their store is away, as they were.
        """
        found = await self._search.search(base, query, limit, audience, names)
        voted = await self._tallies(base) if found else {}
        if not any(one.document_id in voted for one in found):
            return found
        weighed = [
            replace(one, score=replace(one.score, odds=voted.get(one.document_id, Tally()).odds))
            for one in found
        ]
        if all(one.score.odds >= 1 for one in weighed):
            return weighed
        return sorted(weighed, key=lambda one: -one.score.confidence)

    async def _tallies(self, base: KnowledgeBase) -> Mapping[str, Tally]:
        at, known = self._known.get(base, (float("-inf"), {}))
        if self._clock() - at < _FRESH_SECONDS:
            return known
        # Where the store is away, what was known stays in force and is asked for again when it is stale.
        with suppress(TransientError):
            known = tallies(await self._votes.of_base(base))
        self._known[base] = (self._clock(), known)
        self._known.move_to_end(base)
        if len(self._known) > _MOST_BASES:
            self._known.popitem(last=False)
        return known
