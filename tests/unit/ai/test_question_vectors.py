"""The vector of a question while its model is away: one question waits for it, the others do not."""

import asyncio
from collections.abc import Sequence

import pytest

from services.ai.adapters.question_vectors import QuestionVectors
from tests.unit.ai.embedding_fakes import Letters


class Hanging(Letters):
    """A model that hangs until it is well."""

    def __init__(self) -> None:
        super().__init__()
        self.is_well = asyncio.Event()

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked += texts
        await self.is_well.wait()
        return [[1.0, 0.0, 0.0, 0.0] for _ in texts]


async def test_without_a_model_or_a_question_there_is_none() -> None:
    letters = Letters()
    assert await QuestionVectors(None).of("cup") is None
    assert await QuestionVectors(letters).of("  ") is None
    assert letters.asked == []


async def test_only_the_first_question_waits_for_a_model_that_hangs() -> None:
    hanging = Hanging()
    vectors = QuestionVectors(hanging, seconds=0.05, pause=0.0)
    assert await vectors.of("first") is None
    async with asyncio.timeout(1):  # a limit of its own, which none of these may meet
        assert [await vectors.of(f"later {number}") for number in range(100)] == [None] * 100
    assert len(hanging.asked) < 100
    await vectors.close()


async def test_nobody_asks_during_the_pause() -> None:
    letters = Letters()
    letters.is_away = True
    vectors = QuestionVectors(letters, pause=60)
    assert [await vectors.of("cup"), await vectors.of("mug")] == [None, None]
    assert letters.asked == ["cup"]
    await vectors.close()


async def test_it_is_asked_again_once_an_attempt_has_shown_it_well() -> None:
    letters = Letters()
    letters.is_away = True
    vectors = QuestionVectors(letters, pause=0.0)
    assert await vectors.of("cup") is None
    letters.is_away = False
    assert await vectors.of("cup") is None
    for _ in range(1_000):
        if await vectors.of("cup") is not None:
            break
        await asyncio.sleep(0)
    assert await vectors.of("lorry") == pytest.approx([0.0, 1.0, 0.0, 0.1])
    await vectors.close()
