"""Texts into vectors, for those who have a model for it.

EmbeddingUnavailable    the model gave no vectors; passing
"""

from collections.abc import Sequence
from typing import Protocol


class EmbeddingUnavailable(Exception):  # noqa: N818 - it names a state, as a caller reads it
    """No vectors in time, or not ones that fit."""


class Embedder(Protocol):
    """One model. Vectors of different models are never compared: an index belongs to one."""

    @property
    def name(self) -> str:
        """What the model is called; another name is another index."""
        ...

    @property
    def dimension(self) -> int:
        """Of its vectors."""
        ...

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text, in order. Raises EmbeddingUnavailable."""
        ...
