"""Give out an account's frames after a number."""

from libs.contracts.notify import FramePage, FramesAfter
from services.notify.use_cases.ports import Frames


class GetFrames:
    """Answers `frames_after.v1`."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames

    async def __call__(self, query: FramesAfter, *, account_id: str) -> FramePage:
        """A page. Who asks after a number before `oldest` has missed what is gone. Raises TransientError."""
        kept = await self._frames.after(account_id, query.after, query.limit)
        return FramePage(frames=kept.frames, last=kept.last, oldest=kept.oldest, more=kept.more)
