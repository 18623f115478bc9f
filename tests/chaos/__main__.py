"""`make chaos`: each row breaks something under load and says what came of it."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from time import monotonic

import httpx

from deploy.local.demo.load import load_demo
from deploy.local.mongodb import MongoDB
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.stack import SERVICES, LocalStack
from libs.standins.client import StandinClient
from tests.bench.report import Row, publish
from tests.chaos.load import Load, Verdict, judge, talk
from tests.chaos.model_faults import MODEL_FAULTS, SOME_FAULTS
from tests.chaos.model_stack import Seconds, two_chatbots
from tests.chaos.models import model_rows
from tests.chaos.providers import provider_rows
from tests.e2e.conftest import LIMITS
from tests.e2e.parley import Parley, new_chat, text_update

Fault = Callable[[], Awaitable[None]]
TARGET = Path("build/chaos.json")
_PARTS = ("services", "models")


class Chaos:
    """One stack on a broker and a database of its own."""

    def __init__(self, parley: Parley, broker: RabbitMQ, database: MongoDB, *, long: bool) -> None:
        self._parley = parley
        self._broker = broker
        self._database = database
        self._chats, self._messages = (250, 8) if long else (60, 6)
        self._rounds = 20 if long else 2

    async def rows(self) -> list[Row]:
        """Every row of the table."""
        rows = [
            await self._row(f"kill -9 {service}", partial(self._kill, service), self._rounds)
            for service in SERVICES
        ]
        rows.append(await self._row("broker killed", self._kill_broker, 5 if self._rounds > 2 else 1))
        rows.append(await self._row("database killed", self._kill_database, 5 if self._rounds > 2 else 1))
        rows.append(await self._same_webhook())
        rows += await provider_rows(self._parley, beats=100 if self._rounds > 2 else 30)
        return rows

    async def _row(self, name: str, fault: Fault, rounds: int) -> Row:
        load = Load()
        talking = asyncio.create_task(talk(self._parley, load, self._chats, self._messages, pause=0.5))
        for _ in range(rounds):
            await asyncio.sleep(0.7)
            await fault()
        await talking
        verdict = await judge(self._parley, load, self._messages)
        self._say(name, verdict, load)
        detail = (
            f"{rounds} times, {verdict.messages} messages; lost {verdict.lost}, stored twice "
            f"{verdict.stored_twice}, out of order {verdict.out_of_order}, sent twice {verdict.sent_twice}, "
            f"unsent {verdict.unsent}, unanswered {verdict.unanswered}, unknown and shown {verdict.unknown}"
        )
        passed = verdict.holds and verdict.seconds_to_clear <= 60
        return Row(name, round(verdict.seconds_to_clear, 1), "s to clear", "<= 60", passed, detail)

    @staticmethod
    def _say(name: str, verdict: Verdict, load: Load) -> None:
        sys.stdout.write(f"{name}: {verdict} refused {dict(load.refused)}\n")
        sys.stdout.flush()

    async def _kill(self, service: str) -> None:
        await self._parley.stack.supervisor.kill(service)
        await self._parley.stack.supervisor.restart(service)

    async def _kill_broker(self) -> None:
        await self._broker.kill()
        await self._broker.start()
        await self._all_ready()

    async def _kill_database(self) -> None:
        await self._database.kill()
        await self._database.start()
        await self._all_ready()

    async def _all_ready(self) -> None:
        begun = monotonic()
        async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
            for port in self._parley.stack.replica_ports.values():
                while (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code != 200:
                    if monotonic() - begun > 60:
                        raise TimeoutError("a service did not become ready again")
                    await asyncio.sleep(0.1)

    async def _same_webhook(self) -> Row:
        parley, chat = self._parley, new_chat()
        await parley.known_chat(chat)
        update = text_update(chat, "How long does delivery take?", 1)
        answers = await asyncio.gather(*(parley.webhook(update) for _ in range(100)))
        await parley.bot.wait_for_messages(1, chat_id=chat, seconds=20)
        after = text_update(chat, "How do I descale my kettle?", 2)
        await parley.webhook(after)
        await parley.bot.wait_for_messages(2, chat_id=chat, seconds=20)
        sent = len(await parley.sent_to(chat))
        same = {answer.status_code for answer in answers} == {200}
        return Row(
            "the same webhook 100 times at once",
            sent,
            "answers to 2 messages",
            "= 2",
            same and sent == 2,
            "all 200",
        )


async def _models(broker: RabbitMQ, database: MongoDB, folder: Path, *, long: bool) -> list[Row]:
    """The AI's rows, on a stack whose chatbots have models, with the time limits of service."""
    broker_url = await broker.create_vhost("models")
    async with two_chatbots(folder, broker_url, database.url, "models", Seconds()) as chatbots:
        return await model_rows(chatbots, MODEL_FAULTS if long else SOME_FAULTS, beats=300 if long else 100)


async def _services(broker: RabbitMQ, database: MongoDB, folder: Path, *, long: bool) -> list[Row]:
    stack = LocalStack(folder, broker_url=broker.url, database_url=database.url, extra_env=LIMITS)
    async with (
        stack,
        StandinClient(stack.standins_url) as standin,
        httpx.AsyncClient(timeout=30, trust_env=False) as http,
    ):
        await load_demo(stack, rate_per_second=1000, speed_up=20)
        return await Chaos(Parley(stack, standin, http), broker, database, long=long).rows()


async def _main(*, long: bool, parts: Sequence[str]) -> int:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="parley-chaos-") as scratch:
        folder = Path(scratch)
        async with RabbitMQ(folder / "rabbitmq") as broker, MongoDB(folder / "mongodb") as database:
            if "services" in parts:
                rows += await _services(broker, database, folder / "services", long=long)
            if "models" in parts:
                rows += await _models(broker, database, folder / "models", long=long)
    publish("Nothing lost, nothing twice", rows, TARGET)
    return 0 if all(row.passed for row in rows) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Break things under load.")
    parser.add_argument("--long", action="store_true", help="20 kills of each service, 2,000 messages a row")
    parser.add_argument("--only", choices=_PARTS, help="the rows of one part alone")
    options = parser.parse_args()
    chosen = (options.only,) if options.only else _PARTS
    sys.exit(asyncio.run(_main(long=options.long, parts=chosen)))
