"""Give account frames their numbers and publish them in that order, several of one account together."""

import asyncio
from dataclasses import dataclass, field

from libs.contracts.errors import TransientError
from libs.contracts.frames import Frame
from services.notify.use_cases.ports import Frames, Realtime, Unnumbered


@dataclass(slots=True)
class _Waiting:
    """A frame, and whoever waits for it to be published."""

    unnumbered: Unnumbered
    done: asyncio.Future[None]


@dataclass(slots=True)
class _Line:
    """The frames of one account that are not numbered yet."""

    waiting: list[_Waiting] = field(default_factory=list)


class NumberFrames:
    """What arrives for an account while its last batch is being stored is stored together: under load an
    account costs one write a batch instead of one a frame. It is bounded by what the consumers take at once.
    """

    def __init__(self, frames: Frames, realtime: Realtime, *, batch: int) -> None:
        self._frames = frames
        self._realtime = realtime
        self._batch = batch
        self._lines: dict[str, _Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, event_id: str, frame: Frame) -> None:
        """Number, keep and publish. Returns when it is done; raises what kept it from being done."""
        waiting = _Waiting(Unnumbered(event_id, frame), asyncio.get_running_loop().create_future())
        line = self._lines.get(frame.account_id)
        if line is None:
            line = self._lines[frame.account_id] = _Line()
            line.waiting.append(waiting)
            task = asyncio.create_task(self._work(frame.account_id, line))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            line.waiting.append(waiting)
        await waiting.done

    async def _work(self, account_id: str, line: _Line) -> None:
        """Batch after batch, until none is left."""
        try:
            while line.waiting:
                batch, line.waiting = line.waiting[: self._batch], line.waiting[self._batch :]
                await self._settle(account_id, batch)
        finally:
            del self._lines[account_id]

    async def _settle(self, account_id: str, batch: list[_Waiting]) -> None:
        """Store and publish a batch, and tell those who wait for it."""
        try:
            numbered = await self._frames.append(account_id, [one.unnumbered for one in batch])
            await self._realtime.publish_many(numbered)
        except TransientError as error:
            for one in batch:
                _tell(one, TransientError(error.code, error.detail, retry_after=error.retry_after))
        except Exception as error:  # noqa: BLE001 - given to whoever waits; one bad frame fails alone
            if len(batch) == 1:
                _tell(batch[0], error)
                return
            for one in batch:
                await self._settle(account_id, [one])
        else:
            for one in batch:
                _tell(one, None)


def _tell(waiting: _Waiting, error: Exception | None) -> None:
    if waiting.done.done():
        return  # whoever waited was cancelled
    if error is None:
        waiting.done.set_result(None)
    else:
        waiting.done.set_exception(error)
