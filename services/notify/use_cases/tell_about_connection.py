"""Tell the team that a channel connection works, does not, or works no more."""

from libs.contracts.connection_frames import connection_frame
from libs.contracts.delivery import ConnectionChanged
from libs.contracts.envelope import Envelope
from services.notify.use_cases.number_frames import NumberFrames


class TellAboutConnection:
    """Takes `delivery.connection_changed.v1`."""

    def __init__(self, number_frames: NumberFrames) -> None:
        self._number_frames = number_frames

    async def __call__(self, event: ConnectionChanged, envelope: Envelope) -> None:
        """Number and publish its frame. Raises TransientError."""
        frame = connection_frame(event, envelope.accountid)
        if frame is not None:
            await self._number_frames(envelope.id, frame)
