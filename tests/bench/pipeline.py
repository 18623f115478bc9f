"""`pipeline_ratio`, `pipeline_p50_ms`, `pipeline_p99_ms`: webhook in, answer accepted by the platform."""

import asyncio
import json
import random
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from deploy.local.demo.account import TELEGRAM_CONNECTION
from deploy.local.demo.load import BOT_ID, BOT_SECRET, load_demo
from deploy.local.stack import LocalStack
from libs.standins.client import StandinClient
from libs.standins.telegram.client import TelegramBotClient
from tests.bench import work
from tests.bench.floor import Floor
from tests.bench.load import at_rate, flat_out, prepared
from tests.bench.report import Row, at_least, at_most

COUNT = 1_000
CONNECTIONS = 16
PACED_SECONDS = 20.0
IN_FLIGHT = 100
#: Seconds for the backlog of a run.
_LIMIT = 120.0

QUESTIONS = ("How long does delivery take?", "How do I descale my kettle?", "How long is the warranty?")


class Chats:
    """Prepared webhooks, each of a chat of its own."""

    def __init__(self, count: int) -> None:
        self.first = random.SystemRandom().randrange(1 << 30, 1 << 40)
        self.count = count
        path = f"/webhooks/telegram/{TELEGRAM_CONNECTION}"
        secret = {"X-Telegram-Bot-Api-Secret-Token": BOT_SECRET}
        base = random.SystemRandom().randrange(1 << 28)
        self.requests = [prepared(path, self._update(base, number), secret) for number in range(count)]

    def _update(self, base: int, number: int) -> bytes:
        chat = self.first + number
        message = {
            "message_id": 1,
            "from": {"id": chat, "is_bot": False, "first_name": "Mira"},
            "chat": {"id": chat, "first_name": "Mira", "type": "private"},
            "date": 1_786_000_001,
            "text": QUESTIONS[number % len(QUESTIONS)],
        }
        return json.dumps({"update_id": base + number, "message": message}).encode()

    async def make_known(self, bot: TelegramBotClient) -> None:
        """Let the stand-in accept messages to them."""
        for number in range(self.count):
            await bot.add_chat(self.first + number, type="private", first_name="Mira")

    def accepted(self, messages: list[dict[str, object]]) -> dict[int, float]:
        """When the first message to each chat was accepted, on the machine's monotonic clock."""
        times: dict[int, float] = {}
        for one in messages:
            number = int(str(one["chat_id"])) - self.first
            if 0 <= number < self.count:
                times.setdefault(number, float(str(one["monotonic"])))
        return times


async def _all_accepted(bot: TelegramBotClient, chats: Chats, after: int) -> dict[int, float]:
    seen: list[dict[str, object]] = []
    deadline = perf_counter() + _LIMIT
    while True:
        last = int(str(seen[-1]["seq"])) if seen else after
        seen += await bot.messages(after=last, limit=1_000, wait_seconds=1)
        times = chats.accepted(seen)
        if len(times) == chats.count:
            return times
        if perf_counter() > deadline:
            raise RuntimeError(f"{chats.count - len(times)} of {chats.count} answers did not come")


async def _last_seq(bot: TelegramBotClient) -> int:
    after = 0
    while True:
        found = await bot.messages(after=after, limit=1_000)
        if not found:
            return after
        after = int(found[-1]["seq"])


async def throughput(stack: LocalStack, bot: TelegramBotClient, count: int) -> float:
    """Messages a second from the first webhook to the last acceptance."""
    chats = Chats(count)
    await chats.make_known(bot)
    after = await _last_seq(bot)
    begun = perf_counter()
    await flat_out(stack.ports["gateway"], chats.requests.__getitem__, count, CONNECTIONS)
    times = await _all_accepted(bot, chats, after)
    return count / (max(times.values()) - begun)


async def latencies(stack: LocalStack, bot: TelegramBotClient, rate: float) -> list[float]:
    """Milliseconds from each webhook's due time to the platform's acceptance, sorted."""
    chats = Chats(int(rate * PACED_SECONDS))
    await chats.make_known(bot)
    after = await _last_seq(bot)
    sent: dict[int, float] = {}

    def request(number: int) -> bytes:
        sent[number] = perf_counter()
        return chats.requests[number]

    await at_rate(stack.ports["gateway"], request, rate, PACED_SECONDS, CONNECTIONS)
    times = await _all_accepted(bot, chats, after)
    return sorted((times[number] - sent[number]) * 1000 for number in times)


async def measure(stack: LocalStack) -> list[Row]:
    """The three figures."""
    async with StandinClient(stack.standins_url) as standin:
        bot = standin.telegram_bot(BOT_ID)
        await throughput(stack, bot, 100)  # warms caches and connections
        before = await work.read(stack)
        ours = [await throughput(stack, bot, COUNT)]
        cost = (await work.read(stack)).each(before, COUNT)
        ours.append(await throughput(stack, bot, COUNT))
        floor = Floor(stack.rabbitmq_url, stack.mongodb_url, cost.work())
        bare = [await floor.run(COUNT, IN_FLIGHT) for _ in range(2)]
        best, best_floor = max(ours), max(bare)
        paced = await latencies(stack, bot, best / 10)
    detail = (
        f"{best:.0f}/s against {best_floor:.0f}/s; a message costs {cost.publishes:.1f} publishes, "
        f"{cost.consumes:.1f} consumes, {cost.writes:.1f} writes in {cost.transactions:.1f} transactions"
    )
    at = f"at {best / 10:.0f}/s, {len(paced)} messages"
    return [
        at_least("pipeline_ratio", best / best_floor, 0.50, detail=detail),
        at_most("pipeline_p50_ms", paced[len(paced) // 2], 60, detail=at),
        at_most("pipeline_p99_ms", paced[int(len(paced) * 0.99)], 250, detail=at),
    ]


async def main(folder: Path) -> list[Row]:
    """Start what is needed, measure, stop."""
    async with LocalStack(folder) as stack:
        await load_demo(stack, rate_per_second=100_000)
        return await measure(stack)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        for row in asyncio.run(main(Path(scratch))):
            sys.stdout.write(f"{row}\n")
