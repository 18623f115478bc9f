"""Tell the team who came, went, or is away."""

from libs.contracts.presence import PresenceChanged
from libs.contracts.presence_frames import presence_frame
from services.notify.use_cases.number_frames import NumberFrames


class TellAboutPresence:
    """Takes PresenceChanged, one of an account after the other, so that the last word is the true one."""

    def __init__(self, number_frames: NumberFrames) -> None:
        self._number_frames = number_frames

    async def __call__(self, event: PresenceChanged, event_id: str) -> None:
        """Number, keep and publish its frame. Raises TransientError."""
        await self._number_frames(event_id, presence_frame(event))
