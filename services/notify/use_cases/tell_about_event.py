"""Tell everybody who follows a conversation, or the account, what happened in it."""

from libs.contracts.conversation import ConversationEvent
from libs.contracts.envelope import Envelope
from libs.contracts.errors import ErrorCode, PermanentError
from libs.contracts.frames import frames_of
from services.notify.use_cases.notification_settings import AddSettings
from services.notify.use_cases.number_frames import NumberFrames
from services.notify.use_cases.ports import Realtime


class TellAboutEvent:
    """Takes every event of conversations, one of a conversation after the other.

    Nothing is remembered of a conversation: its events come without gaps out of an ordered queue and carry
    their number. One that is delivered again is published again under the same number, and whoever has seen
    that drops it.
    """

    def __init__(self, realtime: Realtime, number_frames: NumberFrames, add_settings: AddSettings) -> None:
        self._realtime = realtime
        self._number_frames = number_frames
        self._add_settings = add_settings

    async def __call__(self, event: ConversationEvent, envelope: Envelope) -> None:
        """Publish its frames. Raises TransientError, or PermanentError for an event without a sequence."""
        if envelope.sequence is None:
            raise PermanentError(ErrorCode.UNREADABLE, "an event of a conversation without a sequence")
        for frame in frames_of(event, envelope.sequence):
            if frame.scope == "conversation":
                await self._realtime.publish_many([frame])
            else:
                await self._number_frames(envelope.id, await self._add_settings(frame))
