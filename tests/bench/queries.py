"""`query_ratio`, `list_growth` and `stats_ms`: what reading conversations costs, and how it grows.

The account is filled straight into the store with 10,000 messages in 1,000 conversations, measured, filled up
to a million in 100,000, and measured again; everything is asked as an agent of one department, over HTTP.
"""

import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
from motor.motor_asyncio import AsyncIOMotorClient

from deploy.local.demo import account
from deploy.local.demo.load import load_demo
from deploy.local.ports import free_port
from deploy.local.processes import ProcessSpec
from deploy.local.stack import LocalStack
from services.conversation.adapters.mongo_tallies import TALLIES
from services.conversation.domain.statistics import SIZES, SLOT, floor
from tests.bench.filling import EACH, fill
from tests.bench.load import flat_out, got
from tests.bench.report import Row, at_least, at_most

FEW, MANY = 10_000, 1_000_000
COUNT, CONNECTIONS, ROUNDS = 1_500, 16, 3
SAMPLES = 150
LIMITS = {"GATEWAY_REQUESTS_PER_PERSON": "100000000", "GATEWAY_REQUESTS_PER_ADDRESS": "100000000"}
DATABASE = "parley_conversation"
LIST = "/api/v1/conversations"


async def measure(stack: LocalStack) -> list[Row]:
    """All three."""
    ana = account.PEOPLE[0]
    url, database = stack.mongodb_url, DATABASE
    async with httpx.AsyncClient(base_url=stack.gateway_url, timeout=30, trust_env=False) as http:
        log_in = await http.post("/auth/login", json={"email": ana.email, "password": ana.password})
        token = log_in.raise_for_status().json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        await fill(url, database, 0, FEW // EACH)
        few = await _medians(http)
        ratio = await _ratio(stack, token)
        await fill(url, database, FEW // EACH, MANY // EACH)
        await _tally(url, database)
        many = await _medians(http)
        stats = await _median(http, f"{LIST}/stats?from=2025-11-01&to=2026-10-31&tz=Asia/Kolkata")
    grown = {name: many[name] / few[name] for name in few}
    detail = ", ".join(f"{name} {few[name]:.1f} to {many[name]:.1f} ms" for name in few)
    return [
        ratio,
        at_most("list_growth", max(grown.values()), 1.5, "ratio", f"p50, {FEW:,} to {MANY:,}: {detail}"),
        at_most("stats_ms", stats, 200, detail=f"p50, 52 weeks of a busy year, {MANY:,} messages"),
    ]


async def _medians(http: httpx.AsyncClient) -> dict[str, float]:
    """Milliseconds of the list, of lists narrowed down, and of a thread."""
    newest = (await http.get(LIST)).raise_for_status().json()["items"][0]["id"]
    asked = {
        "list": LIST,
        "oldest first": f"{LIST}?sort_by=created_at&sort_order=asc",
        "handed off": f"{LIST}?status=handed_off",
        "thread": f"{LIST}/{newest}",
    }
    return {name: await _median(http, path) for name, path in asked.items()}


async def _median(http: httpx.AsyncClient, path: str) -> float:
    times = []
    for _ in range(SAMPLES):
        begun = perf_counter()
        (await http.get(path)).raise_for_status()
        times.append((perf_counter() - begun) * 1000)
    return sorted(times)[SAMPLES // 2]


async def _ratio(stack: LocalStack, token: str) -> Row:
    port = free_port()
    person = account.PEOPLE[0]
    argv = (str(port), stack.mongodb_url, DATABASE, account.ACCOUNT_ID, person.id, "Orders")
    bare = ProcessSpec(
        name="bare-list",
        argv=(sys.executable, "-m", "tests.bench.bare_list", *argv),
        ready_url=f"http://127.0.0.1:{port}/openapi.json",
    )
    await stack.supervisor.start(bare)
    request, plain = got(LIST, {"Authorization": f"Bearer {token}"}), got("/conversations", {})
    ours, floor = [], []
    for _ in range(ROUNDS):
        floor.append((await flat_out(port, lambda _: plain, COUNT, CONNECTIONS)).per_second)
        ours.append(
            (await flat_out(stack.ports["gateway"], lambda _: request, COUNT, CONNECTIONS)).per_second
        )
    await stack.supervisor.kill("bare-list")
    detail = f"{max(ours):.0f}/s against {max(floor):.0f}/s, {CONNECTIONS} at once"
    return at_least("query_ratio", max(ours) / max(floor), 0.5, detail=detail)


async def _tally(url: str, database: str) -> None:
    """A year in which something was counted in every quarter of an hour."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(url)
    names = ["started", "begun", "received", "turns", "turns_answered", "sent", "settled", "delivery_sent"]
    counts = dict.fromkeys(names, 28) | {f"response_{number}": 2 for number in range(40, 60)}
    begun = datetime(2025, 11, 1, tzinfo=UTC)
    times = [begun + number * SLOT for number in range(366 * 96)]
    rows = [
        {
            "_id": f"{account.ACCOUNT_ID}/{size}/{at:%Y-%m-%dT%H:%M}",
            "account_id": account.ACCOUNT_ID,
            "size": size,
            "at": at,
            "counts": counts,
        }
        for size, length in SIZES
        for at in times
        if floor(at, length) == at
    ]
    await client[database][TALLIES].delete_many({"account_id": account.ACCOUNT_ID})
    await client[database][TALLIES].insert_many(rows, ordered=False)
    client.close()


async def main(scratch: Path) -> list[Row]:
    """A stack of its own, filled and measured."""
    async with LocalStack(scratch, extra_env=LIMITS) as stack:
        await load_demo(stack)
        return await measure(stack)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for row in asyncio.run(main(Path(folder))):
            sys.stdout.write(f"{row}\n")
