"""`ingest_ratio` and `ingest_p99_ms`: signed Telegram webhooks until 200, against a bare route."""

import asyncio
import json
import random
import sys
from pathlib import Path

from deploy.local.demo.account import TELEGRAM_CONNECTION
from deploy.local.demo.load import BOT_SECRET, load_demo
from deploy.local.ports import free_port
from deploy.local.processes import ProcessSpec
from deploy.local.stack import LocalStack
from tests.bench.load import Run, at_rate, flat_out, prepared
from tests.bench.report import Row, at_least, at_most

CONNECTIONS = 32
COUNT = 4_000
ROUNDS = 3
PACED = 6.0


def update(number: int) -> bytes:
    """A Telegram update, each of a chat of its own."""
    chat = 1_000_000 + number
    person = {"id": chat, "is_bot": False, "first_name": "Mira"}
    message = {
        "message_id": 1,
        "from": person,
        "chat": {"id": chat, "first_name": "Mira", "type": "private"},
        "date": 1_786_000_001,
        "text": "Is the blue kettle back in stock?",
    }
    return json.dumps({"update_id": number, "message": message}).encode()


async def measure(stack: LocalStack) -> list[Row]:
    """Both figures. The stack runs without the conversation service, so that nothing else is measured."""
    bare_port = free_port()
    bare = ProcessSpec(
        name="bare",
        argv=(sys.executable, "-m", "tests.bench.bare_webhook", str(bare_port), stack.rabbitmq_url),
        ready_url=f"http://127.0.0.1:{bare_port}/openapi.json",
    )
    await stack.supervisor.start(bare)
    base = random.SystemRandom().randrange(1 << 28)
    secret = {"X-Telegram-Bot-Api-Secret-Token": BOT_SECRET}
    path = f"/webhooks/telegram/{TELEGRAM_CONNECTION}"
    requests = [prepared(path, update(base + number), secret) for number in range(COUNT)]
    plain = [prepared("/webhook", update(base + number), secret) for number in range(COUNT)]
    ours: list[float] = []
    floor: list[float] = []
    for _ in range(ROUNDS):
        floor.append(_good(await flat_out(bare_port, plain.__getitem__, COUNT, CONNECTIONS)).per_second)
        ours.append(
            _good(await flat_out(stack.ports["gateway"], requests.__getitem__, COUNT, CONNECTIONS)).per_second
        )
    await stack.supervisor.kill("bare")
    best, best_floor = max(ours), max(floor)
    paced = [
        prepared(path, update(base + COUNT + number), secret) for number in range(int(best / 2 * PACED) + 1)
    ]
    run = _good(await at_rate(stack.ports["gateway"], paced.__getitem__, best / 2, PACED, CONNECTIONS))
    detail = f"{best:.0f}/s against {best_floor:.0f}/s bare, best of {ROUNDS} rounds each"
    return [
        at_least("ingest_ratio", best / best_floor, 0.70, detail=detail),
        at_most("ingest_p99_ms", run.percentile(0.99), 50, detail=f"at {best / 2:.0f}/s"),
    ]


def _good(run: Run) -> Run:
    if run.failures:
        raise RuntimeError(f"{run.failures} webhooks were not accepted")
    return run


async def main(folder: Path) -> list[Row]:
    """Start what is needed, measure, stop."""
    async with LocalStack(folder, services=("delivery", "gateway", "ai", "conversation")) as stack:
        await load_demo(stack)
        # Warm the gateway's memory of the connection, then take the readers away.
        for service in ("conversation", "ai"):
            await stack.supervisor.stop(service)
        return await measure(stack)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        for row in asyncio.run(main(Path(scratch))):
            sys.stdout.write(f"{row}\n")
