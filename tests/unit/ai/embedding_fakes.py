"""Embedding models that need no model."""

from collections.abc import Sequence

from services.ai.use_cases.embedding_ports import EmbeddingUnavailable

_MEANINGS = {"cup": 0, "mug": 0, "beaker": 0, "car": 1, "lorry": 1, "rain": 2, "weather": 2}


class Letters:
    """What a text means: which of a few subjects it names."""

    name = "letters"
    dimension = 4

    def __init__(self) -> None:
        self.is_away = False
        self.asked: list[str] = []

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked += texts
        if self.is_away:
            raise EmbeddingUnavailable("away")
        return [self._vector(text.casefold()) for text in texts]

    @staticmethod
    def _vector(text: str) -> list[float]:
        vector = [0.0, 0.0, 0.0, 0.1]
        for word, subject in _MEANINGS.items():
            vector[subject] += text.count(word)
        return vector
