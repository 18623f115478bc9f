"""What a stand-in saw, in order: bounded, readable from a position on, and worth waiting for."""

import asyncio
from collections import deque
from typing import Generic, Protocol, TypeVar

DEFAULT_KEEP = 100_000
"""Entries a journal holds (about 2 KiB each); the oldest make room for the newest."""


class Entry(Protocol):
    """What a journal needs to know about the things it holds."""

    @property
    def seq(self) -> int:
        """Its number in the journal: rising, without gaps."""

    @property
    def key(self) -> str:
        """What it is read by, such as the chat."""


E = TypeVar("E", bound=Entry)


class Journal(Generic[E]):
    """Entries in order of their ``seq``, whole or by key. The caller numbers them with :attr:`next_seq`."""

    def __init__(self, keep: int = DEFAULT_KEEP) -> None:
        self._keep = keep
        self._entries: deque[E] = deque()
        self._by_key: dict[str, deque[E]] = {}
        self._waiting: dict[str | None, set[asyncio.Future[None]]] = {}
        self._closed = False
        self.next_seq = 1

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: E) -> None:
        """Append an entry numbered :attr:`next_seq`, dropping the oldest one when full."""
        self.next_seq += 1
        self._entries.append(entry)
        of_key = self._by_key.get(entry.key)
        if of_key is None:
            of_key = self._by_key[entry.key] = deque()
        of_key.append(entry)
        if len(self._entries) > self._keep:
            self._drop_oldest()
        if self._waiting:
            self._wake(entry.key)
            self._wake(None)

    def after(self, seq: int = 0, *, key: str | None = None, limit: int = 1_000) -> list[E]:
        """Return the first ``limit`` entries numbered above ``seq``, of one key or of all."""
        entries = self._entries if key is None else self._by_key.get(key, ())
        newer: deque[E] = deque()
        for entry in reversed(entries):
            if entry.seq <= seq:
                break
            newer.appendleft(entry)
        return [newer.popleft() for _ in range(min(limit, len(newer)))]

    async def wait_after(
        self, seq: int = 0, *, key: str | None = None, limit: int = 1_000, seconds: float
    ) -> list[E]:
        """Like :meth:`after`, but wait up to ``seconds`` for something to be there. Empty: nothing came."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not (found := self.after(seq, key=key, limit=limit)):
            remaining = deadline - loop.time()
            if remaining <= 0 or self._closed:
                break
            waiter: asyncio.Future[None] = loop.create_future()
            waiters = self._waiting.setdefault(key, set())
            waiters.add(waiter)
            try:
                await asyncio.wait({waiter}, timeout=remaining)
            finally:
                waiters.discard(waiter)
        return found

    def clear(self) -> None:
        """Forget every entry. The numbers go on, so that a reader's position stays valid."""
        self._entries.clear()
        self._by_key.clear()

    def close(self) -> None:
        """Let everyone who waits go, now and from now on."""
        self._closed = True
        for key in list(self._waiting):
            self._wake(key)

    def _wake(self, key: str | None) -> None:
        for waiter in self._waiting.pop(key, ()):
            if not waiter.done():
                waiter.set_result(None)

    def _drop_oldest(self) -> None:
        key = self._entries.popleft().key
        of_key = self._by_key[key]
        of_key.popleft()
        if not of_key:
            del self._by_key[key]
