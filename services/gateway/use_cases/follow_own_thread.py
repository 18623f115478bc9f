"""The thread of one visitor's socket, which may not be there yet.

A conversation begins with its first message, and only then has an id and a room. Until then the visitor's
socket looks at frames of rooms whose name ends in the thread's four hex digits, which are known before, and,
after a message of its own, asks a few times, should that frame be lost. When the conversation becomes part of
another one, the socket goes on with that one.
"""

import asyncio
from contextlib import suppress

from libs.contracts.errors import ParleyError
from libs.contracts.frames import MERGED_FRAME, Frame
from libs.contracts.topology import thread_crc
from services.gateway.domain import server_frames
from services.gateway.domain.callers import VisitorCaller
from services.gateway.domain.topics import Room, conversation_room
from services.gateway.use_cases.follow_room import FollowRoom
from services.gateway.use_cases.follower import TRY_AGAIN, Follower, sight_of_visitor
from services.gateway.use_cases.ports import Conversations, Sink

#: Seconds between questions after a message of the visitor's own.
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)


class FollowOwnThread:
    """Follows the visitor's conversation as soon as there is one."""

    def __init__(
        self, follow: FollowRoom, conversations: Conversations, visitor: VisitorCaller, sink: Sink
    ) -> None:
        self._follow = follow
        self._conversations = conversations
        self._visitor = visitor
        self._sink = sink
        self._topic = f"chat:{visitor.session_id}"
        self._suffix = f"-{thread_crc(visitor.connection_id, visitor.session_id):04x}"
        self._followed: tuple[Room, Follower] | None = None
        self._seeking: asyncio.Task[None] | None = None
        self._look_now = asyncio.Event()
        self._pauses: list[float] = []

    @property
    def conversation_id(self) -> str | None:
        """The conversation, once it is followed."""
        return self._followed[0].conversation_id if self._followed else None

    async def start(self, last_seq: int | None) -> None:
        """Follow from `last_seq` on, or from now. Raises TransientError when nobody answers."""
        self._follow.hub.watch(self._suffix, self._look)
        if not await self._found(last_seq):
            await self._sink.send(server_frames.subscribed(self._topic, 0, complete=True))
            self._start_seeking(0)

    def expect(self) -> None:
        """A message of the visitor's was taken: there will be a conversation soon."""
        if self._followed is None:
            self._pauses = list(_PAUSES)
            self._look_now.set()

    async def close(self) -> None:
        """Leave."""
        self._follow.hub.unwatch(self._suffix, self._look)
        if self._seeking is not None:
            self._seeking.cancel()
            await asyncio.gather(self._seeking, return_exceptions=True)
        if self._followed is not None:
            self._follow.hub.leave(*self._followed)

    def _look(self, frame: Frame) -> None:
        if self._followed is not None:
            self._look_for_merge(frame, self._followed[0])
        elif frame.connection_id == self._visitor.connection_id and frame.topic == self._topic:
            self._pauses = [0.0, *_PAUSES]
            self._look_now.set()

    def _look_for_merge(self, frame: Frame, room: Room) -> None:
        """Its own room is followed until the other one is: it hears of the merge, too."""
        if frame.type == MERGED_FRAME and frame.conversation_id == room.conversation_id:
            self._pauses = [0.0, *_PAUSES]
            self._start_seeking(None)

    def _start_seeking(self, last_seq: int | None) -> None:
        self._seeking = asyncio.get_running_loop().create_task(self._seek(last_seq))
        self._seeking.add_done_callback(self._sought)

    def _sought(self, task: asyncio.Task[None]) -> None:
        """What must not happen is not hidden: the visitor comes back, and it is seen when they do."""
        if not task.cancelled() and task.exception() is not None:
            self._sink.cut(TRY_AGAIN, "not available now")

    async def _seek(self, last_seq: int | None) -> None:
        while True:
            self._look_now.clear()
            pause = self._pauses.pop(0) if self._pauses else None
            try:
                async with asyncio.timeout(pause):
                    await self._look_now.wait()  # the pauses have been set anew
            except TimeoutError:
                with suppress(ParleyError):
                    if await self._found(last_seq):
                        return

    async def _found(self, last_seq: int | None) -> bool:
        found = await self._conversations.find_for_visitor(self._visitor)
        if found.conversation is None or found.conversation.account_id != self._visitor.account_id:
            return False
        before = self._followed
        if before is not None and before[0].conversation_id == found.conversation.id:
            return False
        room = conversation_room(self._visitor.account_id, found.conversation.id)
        follower = await self._follow(
            self._topic,
            room,
            sight_of_visitor(found.conversation.id),
            self._sink,
            current=found.sequence,
            cleared=0,
            last_seq=last_seq,
        )
        self._followed = (room, follower)
        if before is not None:
            self._follow.hub.leave(*before)
        # It may become part of another one: its own room says so.
        self._follow.hub.unwatch(self._suffix, self._look)
        self._suffix = found.conversation.id[-len(self._suffix) :]
        self._follow.hub.watch(self._suffix, self._look)
        return True
