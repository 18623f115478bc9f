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
    """A model that gave none is left alone for half a minute: not every answer waits for it."""

    def __init__(self, embedder: Embedder | None) -> None:
        self._embedder = embedder
        self._off_until = 0.0

    async def of(self, query: str, names: Sequence[str] = ()) -> list[float] | None:
        """The vector; None without a model, and while it is away. The model sees no personal data, nor the
        names of whoever asks.
        """
        if self._embedder is None or not query.strip() or monotonic() < self._off_until:
            return None
        try:
            async with asyncio.timeout(_SECONDS):
                (vector,) = await self._embedder.embed([Placeholders(names).hide(query)])
        except (EmbeddingUnavailable, TimeoutError) as error:
            self._off_until = monotonic() + _PAUSE
            _log.warning("no vector for a question: words alone are compared", reason=str(error))
            return None
        return vector
