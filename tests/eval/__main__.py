"""`make eval`: answers worth sending, to build/eval.json. Offline; under three minutes."""

import asyncio
from pathlib import Path

from cli.evaluation.retrieval import evaluate_retrieval
from cli.evaluation.understanding import evaluate_handoff
from tests.bench.report import Row, at_least, publish
from tests.eval import own, public

TARGET = Path("build/eval.json")


async def _rows() -> list[Row]:
    found = await evaluate_retrieval(own.corpus(), own.queries())
    wishes = evaluate_handoff(own.wishes())
    rows = [
        at_least(
            "own_r1", 100 * found["r1"], 90, "%", f"{found['queries']} questions to the demo's articles"
        ),
        at_least("own_human_request_f1", 100 * wishes["f1"], 92, "%", f"{wishes['texts']} texts"),
    ]
    if public.SETS.is_dir():
        rows += await public.faq_rows() + public.handoff_rows() + public.intent_rows()
    else:
        print(f"{public.SETS} is not there: only the project's own set was measured.")  # noqa: T201 - a command
    return rows


if __name__ == "__main__":
    publish("parley: answers", asyncio.run(_rows()), TARGET)
