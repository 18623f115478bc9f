"""`retrieve_p50_ms`: questions to the embedded engine with 50,000 chunks, and what it costs to fill it.

In a process of its own, so that the memory is the engine's: `python -m tests.bench.retrieval`.
"""

import asyncio
import json
import os
import random
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from services.ai.adapters.qdrant_edge_knowledge import QdrantEdgeKnowledge
from services.ai.domain.chunking import chunk_markdown
from services.ai.domain.documents import Document, KnowledgeBase
from tests.bench.memory import resident_mib
from tests.bench.report import Row, at_most
from tests.unit.ai.test_demo_knowledge import ARTICLES, QUESTIONS

CHUNKS: Final = 50_000
QUESTIONS_ASKED: Final = 400
_BASE: Final = KnowledgeBase("bench", "bench")
_SECTIONS: Final = 5


async def measure() -> list[Row]:
    """The figure, from a process that fills an index of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.retrieval", stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(600):
        out, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the index could not be measured")
    found = json.loads(out.decode().splitlines()[-1])
    how = (
        f"{found['chunks']} chunks; p95 {found['p95_ms']:.1f} ms; filled in {found['index_seconds']:.0f} s, "
        f"{found['mib']:.0f} MiB more memory, {found['disk_mib']:.0f} MiB on disk; "
        f"opened again in {found['open_seconds']:.1f} s"
    )
    return [at_most("retrieve_p50_ms", found["p50_ms"], 15, "ms", how)]


async def _fill_and_ask(folder: Path) -> dict[str, Any]:
    before = resident_mib(os.getpid())
    knowledge = await QdrantEdgeKnowledge.open(folder)
    started, chunks, number = perf_counter(), 0, 0
    draw = random.Random(7)  # noqa: S311 - the same index each time
    sentences = [
        line for file in ARTICLES for line in file.read_text(encoding="utf-8").splitlines() if len(line) > 40
    ]
    while chunks < CHUNKS:
        number += 1
        document = _document(number, draw, sentences)
        cut = chunk_markdown(document.id, document.title, document.text)
        await knowledge.add_document(document, cut)
        if chunks // 5_000 != (chunks + len(cut)) // 5_000:
            print(f"{chunks + len(cut)} chunks, {perf_counter() - started:.0f} s", file=sys.stderr)  # noqa: T201 - progress
        chunks += len(cut)
    await knowledge.flush()
    filled = perf_counter() - started
    times = []
    questions = list(QUESTIONS)
    for at in range(QUESTIONS_ASKED):
        asked = f"{questions[at % len(questions)]} {_word(draw)}"
        begun = perf_counter()
        await knowledge.search(_BASE, asked, 5)
        times.append(1000 * (perf_counter() - begun))
    times.sort()
    memory = resident_mib(os.getpid()) - before
    await knowledge.close()
    begun = perf_counter()
    knowledge = await QdrantEdgeKnowledge.open(folder)
    opened = perf_counter() - begun
    await knowledge.close()
    return {
        "chunks": chunks,
        "index_seconds": filled,
        "p50_ms": times[len(times) // 2],
        "p95_ms": times[int(0.95 * len(times))],
        "mib": memory,
        "disk_mib": _mib_of(folder),
        "open_seconds": opened,
    }


def _mib_of(folder: Path) -> float:
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*")) / 2**20


def _document(number: int, draw: random.Random, sentences: list[str]) -> Document:
    """Five sections of the demo's sentences, with words of their own: a vocabulary grows with its texts."""
    title = f"{' '.join(draw.choice(sentences).split()[:5])} {_word(draw)}"
    text = "\n\n".join(
        f"# {_word(draw)} {_word(draw)}\n\n{' '.join(draw.sample(sentences, 5))[:800]} {_word(draw)}"
        for _ in range(_SECTIONS)
    )
    return Document(f"d{number}", *_BASE, title, text, language="en", revision=number)


def _word(draw: random.Random) -> str:
    """One of some 40,000 words that nobody says."""
    return "".join(draw.choice("aeiou") + draw.choice("bdfgklmnprst") for _ in range(2)) + str(
        draw.randrange(12)
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as scratch:
        print(json.dumps(asyncio.run(_fill_and_ask(Path(scratch)))))  # noqa: T201 - read by `measure`
