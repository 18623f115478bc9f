"""Frames that were published before, from whoever numbered them."""

from libs.contracts.conversation import ConversationEvent
from libs.contracts.envelope import Envelope, UnknownTypeError
from libs.contracts.frames import Frame, frames_of
from services.gateway.domain.topics import Room
from services.gateway.use_cases.ports import AccountFrames, Conversations, Gap

#: Events or frames that one gap may hold; who missed more reads the thread or the list again.
MOST_MISSED = 1_000
_PAGE = 500


class ReadGap:
    """A conversation's frames are made of its events, an account's are kept by the notify service."""

    def __init__(self, conversations: Conversations, account_frames: AccountFrames) -> None:
        self._conversations = conversations
        self._account_frames = account_frames

    async def read(self, room: Room, *, after: int, upto: int | None = None) -> Gap:
        """Frames with numbers above `after`, not above `upto`, in order. Raises TransientError."""
        if room.conversation_id is None:
            return await self._account(room.account_id, after, upto)
        return await self._conversation(room.account_id, room.conversation_id, after, upto)

    async def _conversation(self, account_id: str, conversation_id: str, after: int, upto: int | None) -> Gap:
        frames: list[Frame] = []
        last, read = after, 0
        while True:
            page = await self._conversations.events_after(
                conversation_id, account_id=account_id, after=last, limit=_PAGE
            )
            for raw in page.events:
                event = Envelope.model_validate(raw)
                if upto is not None and (event.sequence or 0) > upto:
                    return Gap(frames, last=last)
                last = event.sequence or last
                frames += _conversation_frames(event)
            read += len(page.events)
            if not page.more or not page.events:
                return Gap(frames, last=last)
            if read >= MOST_MISSED:
                return Gap(complete=False)

    async def _account(self, account_id: str, after: int, upto: int | None) -> Gap:
        frames: list[Frame] = []
        last = after
        while True:
            page = await self._account_frames.after(account_id, last, _PAGE)
            if page.oldest > last + 1 and page.last > last:
                return Gap(complete=False, last=page.last)
            frames += [frame for frame in page.frames if upto is None or frame.seq <= upto]
            last = page.frames[-1].seq if page.frames else last
            if not page.more or not page.frames or (upto is not None and last >= upto):
                return Gap(frames, last=last if page.more else page.last)
            if len(frames) >= MOST_MISSED:
                return Gap(complete=False, last=page.last)


def _conversation_frames(event: Envelope) -> list[Frame]:
    try:
        message = event.message()
    except UnknownTypeError:
        return []  # of a newer producer: its frames are not ours to make
    if not isinstance(message, ConversationEvent):
        return []
    made = frames_of(message, event.sequence or 0)
    return [frame for frame in made if frame.scope == "conversation"]
