"""Embeddings of an OpenAI-compatible endpoint."""

import asyncio
import json
import math
from collections.abc import Sequence
from typing import Final

import openai
from openai import AsyncOpenAI

from services.ai.domain.personal_data import Placeholders
from services.ai.use_cases.embedding_ports import EmbeddingUnavailable

_MOST_CHARACTERS: Final = 8_000  # a chunk has 900; a question's end beyond this changes nothing


class OpenAIEmbedder:
    """The port `Embedder`. Personal data is hidden from the endpoint; ``seconds`` is the limit of a call."""

    def __init__(self, base_url: str, api_key: str, *, model: str, dimension: int, seconds: float) -> None:
        self._client = AsyncOpenAI(
            api_key=api_key, base_url=base_url, timeout=seconds, max_retries=0, organization="", project=""
        )
        self._seconds = seconds
        self.name = model
        self.dimension = dimension

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """All in one call. What is blank is sent as a full stop: the endpoint takes no empty text."""
        asked = [Placeholders().hide(text[:_MOST_CHARACTERS]).strip() or "." for text in texts]
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._client.embeddings.create(
                    model=self.name, input=asked, dimensions=self.dimension, encoding_format="float"
                )
            rows = sorted(answer.data, key=lambda row: row.index)
            vectors = [[float(number) for number in row.embedding] for row in rows]
        except (TimeoutError, openai.OpenAIError, json.JSONDecodeError) as error:
            raise EmbeddingUnavailable(type(error).__name__) from error
        except (TypeError, ValueError, AttributeError) as error:
            raise EmbeddingUnavailable("the answer is no list of vectors") from error
        if len(vectors) != len(asked) or any(not self._fits(vector) for vector in vectors):
            raise EmbeddingUnavailable("the vectors do not fit")
        return vectors

    def _fits(self, vector: Sequence[float]) -> bool:
        return len(vector) == self.dimension and any(vector) and all(map(math.isfinite, vector))
