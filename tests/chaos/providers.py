"""The row "provider" of the chaos table: each platform fails in each way, and nobody else notices."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from deploy.local.demo.console import AgentConsole, JsonObject
from libs.contracts.vocabulary import Channel
from tests.bench.report import Row
from tests.chaos.sick import Sick, sick_platforms
from tests.e2e.parley import Parley, eventually, new_chat

#: Seconds that a platform asks us to wait, and that it takes for an answer when it is slow.
HINT, SLOW = 2, 30
#: Seconds in which everything has come to its end: 10 s for a slow platform, three attempts, a pause.
_LIMIT = 60.0

HINTED, SILENT, LOST = "429 with a hint", "30 s latency", "reset after it accepted"
#: How a platform fails: the fault, and the states that the first of two replies may end in.
WAYS: Mapping[str, tuple[JsonObject, str]] = {
    HINTED: ({"kind": "rate_limit", "retry_after": HINT, "times": 1}, "sent"),
    "5xx": ({"kind": "server_error", "times": 3}, "failed"),
    SILENT: ({"kind": "latency", "seconds": SLOW, "times": 1}, "unknown"),
    LOST: ({"kind": "reset", "accepted": True, "times": 1}, "unknown"),
}


@dataclass(frozen=True)
class Found:
    """What came of two replies, one behind the other, of which the first met the fault."""

    channel: Channel
    way: str
    states: tuple[str, str]
    attempts: int
    waited: float
    shown: tuple[str, ...]
    told: bool

    def wrong(self) -> list[str]:
        """What does not hold, in words."""
        mail = self.channel is Channel.EMAIL
        _, expected = WAYS[self.way]
        if mail and self.way == HINTED:
            expected = "failed"  # a mail is tried once: trying again is a person's decision
        most = 1 if mail else 3
        checks = {
            f"ended {self.states}": self.states in {(expected, "sent"), (self._found_out(), "sent")},
            f"{self.attempts} attempts": self.attempts <= most,
            f"waited {self.waited:.1f} s": mail or self.way != HINTED or self.waited >= HINT,
            f"shown {self.shown}": self._in_order(expected),
            "the agent was not told": self.told or self.states[0] == "sent",
        }
        return [f"{self.channel}, {self.way}: {said}" for said, holds in checks.items() if not holds]

    def _found_out(self) -> str:
        """Where the platform tells us of our own message later, it tells what became of a lost answer."""
        tells_later = self.channel is not Channel.TELEGRAM
        return "sent" if tells_later and self.way in {SILENT, LOST} else WAYS[self.way][1]

    def _in_order(self, expected: str) -> bool:
        """Each once, the first before the second; a slow platform may still show it afterwards."""
        if self.way == SILENT:
            return self.shown.count("second") == 1
        seen = expected == "sent" or self.way == LOST
        return self.shown == (("first", "second") if seen else ("second",))


@dataclass
class Pulse:
    """Conversations on a connection that is well, one after the other; `seconds` from question to answer."""

    parley: Parley
    seconds: list[float] = field(default_factory=list)

    async def beat(self) -> None:
        """One question and its answer."""
        chat, begun = new_chat(), monotonic()
        await self.parley.bot.write(chat, "How long does delivery take?")
        await self.parley.bot.wait_for_messages(1, chat_id=chat, seconds=30)
        self.seconds.append(monotonic() - begun)

    @asynccontextmanager
    async def beating(self, pause: float) -> AsyncIterator[None]:
        """Again and again, while the block runs."""
        done = asyncio.Event()

        async def beat_on() -> None:
            while not done.is_set():
                await self.beat()
                await asyncio.sleep(pause)

        async with asyncio.TaskGroup() as group:
            group.create_task(beat_on())
            try:
                yield
            finally:
                done.set()


async def fall_ill(parley: Parley, platforms: list[Sick]) -> list[Found]:
    """Every platform in every way, all at once."""
    async with parley.console() as admin:
        cases = [(one, way) for one in platforms for way in WAYS]
        return list(await asyncio.gather(*(_case(parley, admin, one, way) for one, way in cases)))


async def _case(parley: Parley, admin: AgentConsole, platform: Sick, way: str) -> Found:
    name = f"Sick {secrets.token_hex(6)}"
    recipient = await platform.write(name)
    row = await eventually(lambda: _conversation(admin, platform.channel, name), f"{name}'s answer", _LIMIT)
    await eventually(lambda: platform.shown(recipient), "the answer at the platform", _LIMIT)
    answered = len(await platform.shown(recipient))
    fault, _ = WAYS[way]
    if platform.channel is Channel.EMAIL:
        fault = {**fault, "times": 1}
    await platform.fall_ill(fault, recipient)
    path = f"/api/v1/conversations/{row['id']}"
    for text in ("first", "second"):
        headers = {"Prefer": "respond-async", "Idempotency-Key": f"{name}-{text}".replace(" ", "-")}
        await admin.request("POST", f"{path}/reply", {"body": text}, **headers)
    replies = await eventually(lambda: _ended(parley, admin, row["id"]), f"the end of {way}", _LIMIT)
    calls = (await platform.calls(recipient))[answered:]
    hit = [one["monotonic"] for one in calls if one["fault"]]
    went = [one["monotonic"] for one in calls if not one["fault"]]
    tried = hit + went[: _sent_or(replies[0]["delivery"]) == "sent" and way == HINTED]
    return Found(
        platform.channel,
        way,
        (_sent_or(replies[0]["delivery"]), _sent_or(replies[1]["delivery"])),
        max(1, len(tried)),
        max(tried, default=0.0) - min(tried, default=0.0),
        tuple(one["text"].strip() for one in (await platform.shown(recipient))[answered:]),
        await _told(admin, row["id"], replies[0]),
    )


def _sent_or(state: str) -> str:
    """Receipts come by themselves."""
    return "sent" if state in {"delivered", "read"} else state


async def _conversation(admin: AgentConsole, channel: Channel, name: str) -> JsonObject | None:
    page = await admin.request("GET", f"/api/v1/conversations?channel={channel}&page_size=100")
    return next((dict(row) for row in page["items"] if row["contact"]["name"] == name), None)


async def _ended(parley: Parley, admin: AgentConsole, conversation_id: str) -> list[JsonObject] | None:
    messages = (await parley.thread(admin, conversation_id))["messages"]
    replies = [one for one in messages if one["sender"]["kind"] == "agent"]
    open_ones = [one for one in replies if one["delivery"] == "queued"]
    return replies if len(replies) == 2 and not open_ones else None


async def _told(admin: AgentConsole, conversation_id: str, reply: Mapping[str, Any]) -> bool:
    if _sent_or(reply["delivery"]) == "sent":
        return False
    frame = await admin.frame(
        "conversation:error", lambda one: _payload(one).get("message_id") == reply["id"]
    )
    return bool(frame) and bool(reply["delivery_error"] or reply["delivery"] == "unknown")


def _payload(frame: JsonObject) -> JsonObject:
    inner = frame.get("payload", frame)
    return dict(inner) if isinstance(inner, dict) else {}


async def provider_rows(parley: Parley, *, beats: int) -> list[Row]:
    """The row of each platform and that of everybody else, for the table."""
    async with sick_platforms(parley) as platforms:
        well = Pulse(parley)
        for _ in range(beats):
            await well.beat()
        beside = Pulse(parley)
        async with beside.beating(pause=0.1):
            found = await fall_ill(parley, platforms)
    return [*(_row(one.channel, found) for one in platforms), _others(well.seconds, beside.seconds)]


def _row(channel: Channel, found: list[Found]) -> Row:
    mine = [one for one in found if one.channel is channel]
    wrong = [said for one in mine for said in one.wrong()]
    ends = "; ".join(f"{one.way}: {one.states[0]} in {one.attempts}" for one in mine)
    return Row(
        f"provider: {channel}", len(wrong), "broken promises", "= 0", not wrong, "; ".join([ends, *wrong])
    )


def _others(well: list[float], beside: list[float]) -> Row:
    before, during = _p99(well), _p99(beside)
    ratio = during / before
    detail = f"p99 {during * 1000:.0f} ms of {len(beside)} beside the sick, {before * 1000:.0f} ms before"
    return Row("provider: other connections", round(ratio, 2), "ratio", "<= 1.5", ratio <= 1.5, detail)


def _p99(seconds: list[float]) -> float:
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * 0.99))]
