"""An HTTP load generator with as little of its own cost as Python allows: keep-alive connections, requests
prepared as bytes, answers read only as far as their status and length.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter


@dataclass
class Run:
    """What a run saw: seconds from sending to the whole answer, in order of completion."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0

    @property
    def per_second(self) -> float:
        """Good answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The latency, in milliseconds, that `share` of the answers stayed within."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else float("nan")


class Connection:
    """One keep-alive connection."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection(*self._address)

    async def post(self, request: bytes) -> int:
        """Send a prepared request; the status."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lowered = head.lower()
        at = lowered.find(b"content-length:")
        if at >= 0:
            length = int(lowered[at + 15 : lowered.index(b"\r\n", at)])
            await self._reader.readexactly(length)
        return int(head[9:12])

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        await self._writer.wait_closed()


def prepared(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A POST request as bytes."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def got(path: str, headers: dict[str, str]) -> bytes:
    """A GET request as bytes."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def flat_out(port: int, request: Callable[[int], bytes], count: int, connections: int) -> Run:
    """`count` requests over so many connections, each as soon as the one before was answered."""
    run, numbers = Run(), iter(range(count))

    async def work() -> None:
        connection = Connection("127.0.0.1", port)
        await connection.open()
        for number in numbers:
            sent = perf_counter()
            status = await connection.post(request(number))
            _note(run, status, perf_counter() - sent)
        await connection.close()

    begun = perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    run.seconds = perf_counter() - begun
    return run


async def at_rate(
    port: int, request: Callable[[int], bytes], rate: float, seconds: float, connections: int
) -> Run:
    """Requests at a fixed rate, whatever the answers do. Latency counts from the moment a request was due, so
    that a stall is not hidden by sending less meanwhile.
    """
    run, due = Run(), asyncio.Queue[tuple[int, float]]()
    begun = perf_counter()

    async def work() -> None:
        connection = Connection("127.0.0.1", port)
        await connection.open()
        while True:
            number, when = await due.get()
            if number < 0:
                break
            status = await connection.post(request(number))
            _note(run, status, perf_counter() - when)
        await connection.close()

    workers = [asyncio.create_task(work()) for _ in range(connections)]
    for number in range(int(rate * seconds)):
        when = begun + number / rate
        await asyncio.sleep(max(0.0, when - perf_counter()))
        due.put_nowait((number, when))
    for _ in workers:
        due.put_nowait((-1, 0.0))
    await asyncio.gather(*workers)
    run.seconds = perf_counter() - begun
    return run


def _note(run: Run, status: int, latency: float) -> None:
    if 200 <= status < 300:
        run.latencies.append(latency)
    else:
        run.failures += 1
