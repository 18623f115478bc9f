"""A platform's posts to a webhook: signed when they leave, tried again as that platform does, in no order.

``speed_up`` divides the pauses before redelivery, not the time limit of one post.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from libs.standins.errors import StandinError, UnknownError
from libs.standins.journal import Journal
from libs.standins.poster import PostAttempt, Poster, PostResult, parse_target

MAX_PENDING = 100_000
MAX_KEPT = 50_000

PostingState = Literal["queued", "acked", "given_up", "dropped"]

#: The headers of a post, made anew for each attempt (a signature may contain the time).
Headers = Callable[[bytes], Mapping[str, str]]
#: How the platform takes an answer: True acked, False given up, a number the seconds before it tries again.
#: Asked with the answer and how many attempts there were.
Reaction = Callable[[PostResult, int], "bool | float"]


@dataclass(slots=True, eq=False)
class Posting:
    """One webhook post and its fate; ``facts`` are what the control API tells of it besides."""

    seq: int
    key: str
    kind: str
    url: str
    body: bytes = field(repr=False)
    headers: Headers = field(repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict)
    duplicate: bool = False
    state: PostingState = "queued"
    attempts: list[PostAttempt] = field(default_factory=list)
    _done: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def status(self) -> int | None:
        """HTTP status of the last attempt."""
        return self.attempts[-1].status if self.attempts else None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self._done.is_set()

    def end(self, state: PostingState) -> None:
        """Settle its fate, once."""
        if not self._done.is_set():
            self.state = state
            self._done.set()

    async def wait(self, seconds: float) -> bool:
        """Wait until it is over; false when it was not within ``seconds``."""
        try:
            async with asyncio.timeout(seconds):
                await self._done.wait()
        except TimeoutError:
            return False
        return True

    def as_json(self) -> dict[str, Any]:
        """Return it as the control API shows it."""
        last = self.attempts[-1] if self.attempts else None
        return {
            "seq": self.seq,
            "kind": self.kind,
            **self.facts,
            "duplicate": self.duplicate,
            "state": self.state,
            "status": self.status,
            "latency_ms": None if last is None else round(last.latency_s * 1000, 3),
            "attempts": [attempt.as_json() for attempt in self.attempts],
        }


class WebhookSender:
    """Posts to webhooks, at most ``width`` at once."""

    def __init__(
        self, react: Reaction, *, speed_up: float = 1.0, time_limit_s: float = 20.0, width: int = 40
    ) -> None:
        self.speed_up = speed_up
        self.journal: Journal[Posting] = Journal(MAX_KEPT)
        self._react = react
        self._poster = Poster(time_limit_s=time_limit_s)
        self._slots = asyncio.Semaphore(width)
        self._by_seq: OrderedDict[int, Posting] = OrderedDict()
        self._held: list[Posting] | None = None
        self._workers: set[asyncio.Task[None]] = set()

    @property
    def pending_count(self) -> int:
        """How many are under way or held."""
        return len(self._workers) + len(self._held or ())

    def submit(
        self,
        url: str,
        body: bytes,
        headers: Headers,
        *,
        kind: str,
        key: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> Posting:
        """Post this. StandinError when too many wait, or where the address is none."""
        return self._add(Posting(self.journal.next_seq, key, kind, url, body, headers, facts or {}))

    def duplicate(self, seq: int) -> Posting:
        """Post the same once more. UnknownError when it is not remembered."""
        before = self._by_seq.get(seq)
        if before is None:
            raise UnknownError(f"post {seq} is not remembered")
        again = Posting(
            self.journal.next_seq,
            before.key,
            before.kind,
            before.url,
            before.body,
            before.headers,
            before.facts,
            duplicate=True,
        )
        return self._add(again)

    def hold(self) -> None:
        """Keep what comes from now on back."""
        self._held = [] if self._held is None else self._held

    def release(self, *, backwards: bool = False) -> None:
        """Let it go on, the newest first if asked, each only after the one before was answered."""
        held, self._held = self._held or [], None
        self._start(self._one_by_one(held[::-1] if backwards else held))

    async def close(self) -> None:
        """Stop posting."""
        for posting in self._held or ():
            posting.end("dropped")
        self.journal.close()
        workers = list(self._workers)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        for posting in self._by_seq.values():
            posting.end("dropped")
        self._poster.close()

    def _add(self, posting: Posting) -> Posting:
        if self.pending_count >= MAX_PENDING:
            raise StandinError(f"{MAX_PENDING} posts are waiting already; is the webhook answering?", 409)
        try:
            parse_target(posting.url)
        except ValueError as error:
            raise StandinError(str(error)) from error
        self.journal.add(posting)
        self._by_seq[posting.seq] = posting
        if len(self._by_seq) > MAX_KEPT:
            self._by_seq.popitem(last=False)
        if self._held is None:
            self._start(self._deliver(posting))
        else:
            self._held.append(posting)
        return posting

    def _start(self, work: Any) -> None:
        worker = asyncio.create_task(work)
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def _one_by_one(self, postings: list[Posting]) -> None:
        for posting in postings:
            await self._deliver(posting)

    async def _deliver(self, posting: Posting) -> None:
        target = parse_target(posting.url)
        while not posting.over:
            async with self._slots:
                headers = {"Content-Type": "application/json", **posting.headers(posting.body)}
                monotonic, wall = time.monotonic(), time.time()
                result = await self._poster.post(target, posting.body, headers)
            posting.attempts.append(
                PostAttempt(monotonic, wall, result.status, result.error, result.latency_s)
            )
            reaction = self._react(result, len(posting.attempts))
            if isinstance(reaction, bool):
                posting.end("acked" if reaction else "given_up")
            else:
                await asyncio.sleep(reaction / self.speed_up)


def by_schedule(pauses: tuple[float, ...], attempts: int, *, acked: bool) -> bool | float:
    """React by a fixed schedule of pauses in seconds; given up when they are used up."""
    if acked:
        return True
    return pauses[attempts - 1] if attempts <= len(pauses) else False
