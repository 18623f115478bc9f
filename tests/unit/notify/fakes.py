"""In memory, and true to what the ports promise."""

import asyncio
from collections.abc import Sequence

from libs.contracts.errors import ErrorCode, TransientError
from libs.contracts.frames import Frame
from services.notify.use_cases.ports import Kept, Unnumbered


def away() -> TransientError:
    return TransientError(ErrorCode.UNAVAILABLE, "away", retry_after=1)


class InMemoryFrames:
    """The port Frames. `batches` are the sizes in which they came; `bad` event ids cannot be stored."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Frame]] = {}
        self.batches: list[int] = []
        self.failures = 0
        self.bad: set[str] = set()

    async def append(self, account_id: str, frames: Sequence[Unnumbered]) -> list[Frame]:
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise away()
        if self.bad & {one.event_id for one in frames}:
            raise ValueError("cannot be stored")
        self.batches.append(len(frames))
        account = self.kept.setdefault(account_id, {})
        for one in frames:
            if one.event_id not in account:
                account[one.event_id] = one.frame.model_copy(update={"seq": len(account) + 1})
        return [account[one.event_id] for one in frames]

    async def after(self, account_id: str, number: int, limit: int) -> Kept:
        frames = [frame for frame in self.kept.get(account_id, {}).values() if frame.seq > number]
        last = len(self.kept.get(account_id, {}))
        return Kept(tuple(frames[:limit]), last=last, oldest=1, more=len(frames) > limit)


class ListRealtime:
    """The port Realtime, remembered."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.failures = 0

    async def publish_many(self, frames: Sequence[Frame]) -> None:
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise away()
        self.frames.extend(frames)
