"""Embeddings by an ONNX model in a folder of this machine: `model.onnx` and `tokenizer.json`, no network."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from services.ai.use_cases.embedding_ports import EmbeddingUnavailable

_MOST_TOKENS: Final = 256
_AT_ONCE: Final = 16  # texts of one run; padding makes more cost more than it saves


class OnnxEmbedder:
    """The port `Embedder`: the mean of the last layer over a text's tokens, at length one.

    That is how sentence-transformers' models are meant to be read. One thread of its own runs it.
    """

    def __init__(self, name: str, session: Any, tokenizer: Tokenizer, dimension: int) -> None:
        self.name = name
        self.dimension = dimension
        self._session = session
        self._tokenizer = tokenizer
        self._inputs = frozenset(one.name for one in session.get_inputs())
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedding")

    @classmethod
    async def open(cls, folder: Path, *, threads: int = 1) -> Self:
        """Load it. Raises OSError for a folder without a model, ValueError for one that cannot be used."""
        return await asyncio.to_thread(cls._opened, folder, threads)

    @classmethod
    def _opened(cls, folder: Path, threads: int) -> Self:
        model, words = folder / "model.onnx", folder / "tokenizer.json"
        for file in (model, words):
            if not file.is_file():
                raise FileNotFoundError(f"{file} is not there")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        try:
            session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
            tokenizer = Tokenizer.from_file(str(words))
        except Exception as error:  # both raise nothing more specific
            raise ValueError(f"the model in {folder} cannot be used") from error
        tokenizer.enable_truncation(_MOST_TOKENS)
        tokenizer.enable_padding()
        dimension = session.get_outputs()[0].shape[-1]
        if not isinstance(dimension, int):
            raise ValueError(f"the model in {folder} does not say how long its vectors are")  # noqa: TRY004
        return cls(f"onnx:{folder.name}", session, tokenizer, dimension)

    async def close(self) -> None:
        """End its thread."""
        self._thread.shutdown(wait=False)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """In runs of some texts each."""
        vectors: list[list[float]] = []
        loop = asyncio.get_running_loop()
        for at in range(0, len(texts), _AT_ONCE):
            some = list(texts[at : at + _AT_ONCE])
            try:
                vectors += await loop.run_in_executor(self._thread, self._run, some)
            except Exception as error:
                raise EmbeddingUnavailable("the model cannot be run") from error
        return vectors

    def _run(self, texts: list[str]) -> list[list[float]]:
        encoded = self._tokenizer.encode_batch(texts)
        mask = np.array([one.attention_mask for one in encoded], dtype=np.int64)
        given = {
            "input_ids": np.array([one.ids for one in encoded], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        wanted = {name: value for name, value in given.items() if name in self._inputs}
        last = np.asarray(self._session.run(None, wanted)[0], dtype=np.float32)
        weights = mask[:, :, None].astype(np.float32)
        mean = (last * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
        length = np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
        found: list[list[float]] = (mean / length).tolist()
        return found
