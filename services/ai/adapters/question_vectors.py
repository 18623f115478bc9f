"""The vector of a question, as long as there is a model and it answers."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Final

from libs.runtime.logs import get_logger
from services.ai.domain.personal_data import Placeholders
from services.ai.use_cases.embedding_ports import Embedder, EmbeddingUnavailable

_SECONDS: Final = 2.0
_PAUSE: Final = 30.0

_log = get_logger(__name__)


class QuestionVectors:
    """A model that gave none is left alone for ``pause`` seconds, then tried beside a question that does not
    wait for it: however long it hangs, only those asked before the first failure were late.
    """

    def __init__(
        self, embedder: Embedder | None, *, seconds: float = _SECONDS, pause: float = _PAUSE
    ) -> None:
        self._embedder = embedder
        self._seconds = seconds
        self._pause = pause
        self.is_away = False
        self._try_at = 0.0
        self._trying: asyncio.Task[list[float] | None] | None = None

    async def of(self, query: str, names: Sequence[str] = ()) -> list[float] | None:
        """The vector; None without a model, and while it is away. The model sees no personal data, nor the
        names of whoever asks.
        """
        if self._embedder is None or not query.strip():
            return None
        query = Placeholders(names).hide(query)
        if not self.is_away:
            return await self._ask(self._embedder, query)
        if monotonic() >= self._try_at and (self._trying is None or self._trying.done()):
            self._trying = asyncio.create_task(self._ask(self._embedder, query))
        return None

    async def close(self) -> None:
        """End the attempt that is under way."""
        if self._trying is not None:
            self._trying.cancel()
            await asyncio.gather(self._trying, return_exceptions=True)

    async def _ask(self, embedder: Embedder, query: str) -> list[float] | None:
        try:
            async with asyncio.timeout(self._seconds):
                (vector,) = await embedder.embed([query])
        except (EmbeddingUnavailable, TimeoutError) as error:
            self.is_away, self._try_at = True, monotonic() + self._pause
            _log.warning("no vector for a question: words alone are compared", reason=str(error))
            return None
        self.is_away = False
        return vector
