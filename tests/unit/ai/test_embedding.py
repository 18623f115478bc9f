"""Embedding models and the fusion of what they find with what shares words."""

import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from libs.standins.model import ModelStandin
from services.ai.adapters.onnx_embedder import OnnxEmbedder
from services.ai.adapters.openai_embedder import OpenAIEmbedder
from services.ai.domain.fusion import fuse
from services.ai.domain.grounding import Thresholds
from services.ai.domain.passages import Passage, Score
from services.ai.use_cases.embedding_ports import EmbeddingUnavailable


def passage(name: str, lexical: float = 0.0, similarity: float | None = None) -> Passage:
    score = Score(lexical, 1.0, similarity)
    return Passage(name, f"{name}#0", name, (), name, "public", "en", score)


def names(passages: list[Passage]) -> list[str]:
    return [one.document_id for one in passages]


def test_with_sure_words_their_list_leads_and_without_the_other() -> None:
    near = [passage("near", similarity=0.9), passage("other", similarity=0.5)]

    assert names(fuse([passage("words", 3.0)], near, 3)) == ["words", "near", "other"]
    assert names(fuse([passage("words", 0.1)], near, 3)) == ["near", "other", "words"]
    assert names(fuse([], near, 1)) == ["near"]


def test_what_stands_in_both_lists_comes_first_with_both_scores() -> None:
    both = fuse(
        [passage("a", 1.0), passage("b", 0.9)],
        [passage("c", similarity=0.9), passage("b", similarity=0.8)],
        5,
    )

    assert names(both)[0] == "b"
    assert both[0].score == Score(0.9, 1.0, 0.8)


def test_nearness_alone_lets_a_model_read_but_the_bot_quote_nothing() -> None:
    near, far, words = Score(0, 1, 0.9), Score(0, 1, 0.1), Score(3, 1, 0.1)

    assert Thresholds().clarify < near.confidence < Thresholds().answer
    assert far.confidence < 0.05
    assert words.confidence == Score(3, 1).confidence


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[ModelStandin]:
    async with ModelStandin.running() as standin:
        yield standin


@pytest.fixture
async def embedder(served: ModelStandin) -> AsyncIterator[OpenAIEmbedder]:
    made = OpenAIEmbedder(served.base_url, "sk-any", model="m", dimension=64, seconds=5)
    yield made
    await made.close()


async def test_an_endpoint_gives_a_vector_for_each_text(embedder: OpenAIEmbedder) -> None:
    like, alike, other = await embedder.embed(["blue kettle lid", "lid of the blue kettle", "rain tomorrow"])

    def cosine(one: list[float], two: list[float]) -> float:
        return sum(a * b for a, b in zip(one, two, strict=True))

    assert len(like) == 64
    assert cosine(like, alike) > cosine(like, other)
    assert len(await embedder.embed(["", "x" * 50_000])) == 2


async def test_an_endpoint_that_refuses_or_is_not_there_gives_no_vectors(served: ModelStandin) -> None:
    for address, dimension in ((served.base_url, 5_000), ("http://127.0.0.1:1/v1", 64)):
        embedder = OpenAIEmbedder(address, "sk-any", model="m", dimension=dimension, seconds=5)
        with pytest.raises(EmbeddingUnavailable):
            await embedder.embed(["text"])
        await embedder.close()


def _field(number: int, payload: bytes | int) -> bytes:
    """A field of protobuf's wire format."""
    if isinstance(payload, int):
        return _varint(number << 3) + _varint(payload)
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def _tensor_type(name: str, kind: int, *dimensions: int | str) -> bytes:
    shape = b"".join(
        _field(1, _field(1, one) if isinstance(one, int) else _field(2, one.encode())) for one in dimensions
    )
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, kind) + _field(2, shape)))


def model_that_looks_words_up(rows: list[list[float]]) -> bytes:
    """An ONNX model of one node: each token's row of a table. Source: onnx.proto."""
    raw = b"".join(struct.pack("<f", number) for row in rows for number in row)
    table = (
        _field(1, len(rows)) + _field(1, len(rows[0])) + _field(2, 1) + _field(8, b"table") + _field(9, raw)
    )
    node = _field(1, b"table") + _field(1, b"input_ids") + _field(2, b"last") + _field(4, b"Gather")
    graph = (
        _field(1, node)
        + _field(2, b"lookup")
        + _field(5, table)
        + _field(11, _tensor_type("input_ids", 7, "batch", "tokens"))
        + _field(12, _tensor_type("last", 1, "batch", "tokens", len(rows[0])))
    )
    return _field(1, 8) + _field(7, graph) + _field(8, _field(2, 13))


def a_model(folder: Path) -> Path:
    words = {"[PAD]": 0, "[UNK]": 1, "cup": 2, "mug": 3, "car": 4}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    rows = [[9.0, 9.0], [0.1, 0.1], [1.0, 0.0], [0.9, 0.1], [0.0, 1.0]]
    (folder / "model.onnx").write_bytes(model_that_looks_words_up(rows))
    return folder


async def test_a_model_in_a_folder_gives_the_mean_of_its_tokens_at_length_one(tmp_path: Path) -> None:
    embedder = await OnnxEmbedder.open(a_model(tmp_path))

    cup, both, *many = await embedder.embed(["cup", "cup car", *["mug"] * 40])
    await embedder.close()

    assert embedder.dimension == 2
    assert cup == pytest.approx([1, 0])
    assert both == pytest.approx([0.5**0.5, 0.5**0.5])
    assert len(many) == 40


async def test_a_folder_without_a_model_or_with_a_broken_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await OnnxEmbedder.open(tmp_path)
    (a_model(tmp_path) / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ValueError, match="cannot be used"):
        await OnnxEmbedder.open(tmp_path)


async def test_a_model_that_stops_working_says_so(tmp_path: Path) -> None:
    embedder = await OnnxEmbedder.open(a_model(tmp_path))
    embedder._inputs = frozenset()
    with pytest.raises(EmbeddingUnavailable):
        await embedder.embed(["cup"])
    await embedder.close()
