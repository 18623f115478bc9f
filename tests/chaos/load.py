"""A load of real conversations, posted as a platform posts: again and again until it is acknowledged."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic

import httpx

from deploy.local.demo.console import AgentConsole, JsonObject
from tests.e2e.parley import Parley, new_chat, text_update

QUESTIONS = (
    "How long does delivery take?",
    "How do I descale my kettle?",
    "How long is the warranty?",
    "Which payment methods do you accept?",
    "Can I return a kettle I have used?",
    "What are your opening hours?",
    "How long are gift cards valid?",
    "Can I change my order after I placed it?",
)
#: Seconds between posts of one webhook that was not acknowledged.
_REPOST = 0.2


@dataclass
class Load:
    """What was posted and acknowledged."""

    chats: list[int] = field(default_factory=list)
    posted: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    done: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Verdict:
    """What came of it, read from outside."""

    messages: int = 0
    lost: int = 0
    stored_twice: int = 0
    out_of_order: int = 0
    sent_twice: int = 0
    unsent: int = 0
    unknown: int = 0
    unanswered: int = 0
    seconds_to_clear: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, doubled or reordered, and all of it came to an end."""
        wrong = self.lost + self.stored_twice + self.out_of_order + self.sent_twice + self.unsent
        return wrong + self.unanswered == 0


async def talk(parley: Parley, load: Load, chats: int, messages: int, pause: float) -> None:
    """`chats` people write `messages` messages each; the next one after the one before was acknowledged."""

    async def person(chat: int) -> None:
        await parley.known_chat(chat)
        for number in range(messages):
            update = text_update(chat, QUESTIONS[number % len(QUESTIONS)], number + 1)
            while not await _accepted(parley, update, load):  # noqa: ASYNC110 - a platform posts again by time
                await asyncio.sleep(_REPOST)
            load.posted += 1
            await asyncio.sleep(pause)

    load.chats = [new_chat() for _ in range(chats)]
    await asyncio.gather(*(person(chat) for chat in load.chats))
    load.done.set()


async def _accepted(parley: Parley, update: JsonObject, load: Load) -> bool:
    try:
        answer = await parley.webhook(update)
    except httpx.HTTPError:
        load.refused[0] += 1
        return False
    if answer.status_code != 200:
        load.refused[answer.status_code] += 1
    return answer.status_code == 200


async def judge(parley: Parley, load: Load, messages: int, limit: float = 90.0) -> Verdict:
    """Wait until every conversation has come to rest, then compare what is stored with what was sent."""
    begun = monotonic()
    verdict = Verdict(messages=load.posted)
    async with parley.console() as admin:
        for chat in load.chats:
            thread = await _at_rest(parley, admin, chat, messages, begun + limit)
            _compare(verdict, thread, [one["text"] for one in await parley.sent_to(chat)], messages)
    verdict.seconds_to_clear = monotonic() - begun
    return verdict


async def _at_rest(
    parley: Parley, admin: AgentConsole, chat: int, messages: int, deadline: float
) -> list[JsonObject]:
    row: JsonObject | None = None
    while True:
        row = row or await parley.conversation_of(admin, chat)
        thread = list((await parley.thread(admin, row["id"]))["messages"]) if row else []
        asked = sum(one["direction"] == "inbound" for one in thread)
        queued = any(one["delivery"] == "queued" for one in thread)
        answered = bool(thread) and thread[-1]["direction"] == "outbound"
        if (asked >= messages and answered and not queued) or monotonic() > deadline:
            return thread
        await asyncio.sleep(0.2)


def _compare(verdict: Verdict, thread: list[JsonObject], sent: list[str], messages: int) -> None:
    expected = [QUESTIONS[number % len(QUESTIONS)] for number in range(messages)]
    asked = [one["content"] for one in thread if one["direction"] == "inbound"]
    outbound = [one for one in thread if one["direction"] == "outbound"]
    verdict.lost += len(set(expected) - set(asked))
    verdict.stored_twice += len(asked) - len(set(asked))
    verdict.out_of_order += asked != expected
    verdict.unanswered += not thread or thread[-1]["direction"] != "outbound"
    verdict.unknown += sum(one["delivery"] == "unknown" for one in outbound)
    certain = [one["content"] for one in outbound if one["delivery"] == "sent"]
    verdict.unsent += sum(one["delivery"] not in {"sent", "unknown"} for one in outbound)
    verdict.unsent += len(set(certain) - set(sent))
    verdict.sent_twice += sum(count - 1 for count in Counter(sent).values())
