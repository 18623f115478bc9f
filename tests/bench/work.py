"""Counts what one message costs the pipeline, on the servers themselves."""

from dataclasses import dataclass
from typing import Any

import httpx
from motor.motor_asyncio import AsyncIOMotorClient

from deploy.local.stack import LocalStack
from tests.bench.floor import Stage, Work

_WRITES = ("insert", "update", "delete", "findAndModify")


@dataclass(frozen=True)
class Counters:
    """Totals since the start: the broker's by the services' own metrics, the store's by the server's."""

    publishes: float
    consumes: float
    writes: float
    transactions: float

    def each(self, earlier: "Counters", messages: int) -> "Counters":
        """The difference to an earlier reading, a message."""
        return Counters(
            (self.publishes - earlier.publishes) / messages,
            (self.consumes - earlier.consumes) / messages,
            (self.writes - earlier.writes) / messages,
            (self.transactions - earlier.transactions) / messages,
        )

    def work(self) -> Work:
        """The same as a chain of stages: one transaction each, the writes and publishes spread over them."""
        stages = max(1, round(self.transactions))
        writes = round(self.writes)
        sides = max(0, round(self.publishes) - stages)
        return Work(
            tuple(
                Stage(
                    f"stage{number}",
                    writes=_share(writes, stages, number),
                    side_publishes=_share(sides, stages, number),
                )
                for number in range(stages)
            )
        )


def _share(total: int, parts: int, number: int) -> int:
    return total // parts + (number < total % parts)


async def read(stack: LocalStack) -> Counters:
    """The counters now."""
    publishes = consumes = 0.0
    async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
        for port in stack.replica_ports.values():
            text = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
            publishes += _total(text, "parley_messages_published_total")
            consumes += _total(text, "parley_messages_consumed_total")
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(stack.mongodb_url)
    status = await client.admin.command("serverStatus")
    client.close()
    commands = status["metrics"]["commands"]
    return Counters(
        publishes,
        consumes,
        float(sum(commands[name]["total"] for name in _WRITES)),
        float(status["transactions"]["totalCommitted"]),
    )


def _total(text: str, name: str) -> float:
    lines = (line for line in text.splitlines() if line.startswith(name))
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)
