"""`make bench`: every figure, one after the other, on a broker and a database of its own."""

import asyncio
import sys
import tempfile
from pathlib import Path

from deploy.local.demo.load import load_demo
from deploy.local.stack import LocalStack
from tests.bench import ingest, memory, pipeline, queries, replies, retrieval
from tests.bench.report import Row, publish

TARGET = Path("build/bench.json")


async def _measure(scratch: Path) -> list[Row]:
    rows = await ingest.main(scratch / "ingest")
    async with LocalStack(scratch / "pipeline") as stack:
        await load_demo(stack, rate_per_second=100_000)
        resting = memory.measure(stack)
        rows += await pipeline.measure(stack)
        rows += await replies.measure(stack)
    rows += await retrieval.measure()
    rows += await queries.main(scratch / "queries")
    return rows + resting


def main() -> int:
    """Measure and write build/bench.json; 1 when a figure is not reached."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as scratch:
        rows = asyncio.run(_measure(Path(scratch)))
    publish("Parley's figures", rows, TARGET)
    return 0 if all(row.passed for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
