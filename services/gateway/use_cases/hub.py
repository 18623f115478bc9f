"""The gateway's rooms: every frame comes by here once and goes to whoever follows its room.

A frame for a room that nobody is in is dropped unread. The numbers of an account's frames have no holes, and
those of a conversation are its events', so a jump means that frames were lost on the way, or that events
lay between that make no frame: a query tells, and the later frames wait for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from pydantic import ValidationError

from libs.contracts.errors import ParleyError
from libs.contracts.frames import Frame
from services.gateway.domain.frame_text import FrameText
from services.gateway.domain.topics import Room
from services.gateway.use_cases.follower import MOST_WAITING, Follower
from services.gateway.use_cases.ports import Gaps

#: Seconds between attempts to fill a hole; after the last the room's sockets are cut, and resume by query.
_PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)

#: Characters of a watch's suffix: the dash and the four digits at the end of a conversation's id.
SUFFIX = 5

Report = Callable[[str], None]
Pause = Callable[[float], Awaitable[None]]


class _Occupied:
    """A room with somebody in it. `seen` is the newest number that was passed on."""

    __slots__ = ("followers", "held", "room", "seen")

    def __init__(self, room: Room, seen: int) -> None:
        self.room = room
        self.seen = seen
        self.followers: list[Follower] = []
        self.held: list[Frame] | None = None

    def pass_on(self, frame: Frame) -> None:
        if frame.seq > self.seen:
            self.seen = frame.seq
            text = FrameText(frame)
            for follower in tuple(self.followers):
                follower.take(text)

    def pass_by(self, frame: Frame) -> None:
        text = FrameText(frame)
        for follower in tuple(self.followers):
            follower.take_passing(text)

    def cut(self, reason: str) -> None:
        for follower in tuple(self.followers):
            follower.cut(reason)


class Hub:
    """Rooms of this process. Called on the event loop only."""

    def __init__(self, gaps: Gaps, *, report: Report, pause: Pause = asyncio.sleep) -> None:
        self._gaps = gaps
        self._report = report
        self._pause = pause
        self._rooms: dict[str, _Occupied] = {}
        self._watches: dict[str, list[Callable[[Frame], None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def join(self, room: Room, follower: Follower, *, seen: int) -> None:
        """Let a follower into a room; `seen` is where the numbers stand, if the room is empty so far."""
        occupied = self._rooms.get(room.name)
        if occupied is None:
            occupied = self._rooms[room.name] = _Occupied(room, seen)
        occupied.followers.append(follower)

    def leave(self, room: Room, follower: Follower) -> None:
        """Let it out; an empty room is forgotten."""
        occupied = self._rooms.get(room.name)
        if occupied is None or follower not in occupied.followers:
            return
        occupied.followers.remove(follower)
        if not occupied.followers:
            del self._rooms[room.name]

    def position(self, room: Room) -> int | None:
        """The newest number passed on in a room, or None when nobody is in it."""
        occupied = self._rooms.get(room.name)
        return occupied.seen if occupied else None

    def watch(self, suffix: str, look: Callable[[Frame], None]) -> None:
        """Show frames of rooms whose name ends so, for somebody who is in no room (or not yet)."""
        self._watches.setdefault(suffix, []).append(look)

    def unwatch(self, suffix: str, look: Callable[[Frame], None]) -> None:
        """Show them no more."""
        looks = self._watches.get(suffix, [])
        if look in looks:
            looks.remove(look)
        if not looks:
            self._watches.pop(suffix, None)

    def receive(self, room_name: str, body: bytes) -> None:
        """A frame from the broker."""
        occupied = self._rooms.get(room_name)
        looks = self._watches.get(room_name[-SUFFIX:]) if self._watches else None
        if occupied is None and not looks:
            return
        try:
            frame = Frame.model_validate_json(body)
        except ValidationError:
            self._report("frame unreadable")
            return
        for look in tuple(looks or ()):
            look(frame)
        if occupied is not None:
            self._place(occupied, frame)

    def check_all(self) -> None:
        """Look in every room for what may have been missed: the broker was away."""
        for occupied in self._rooms.values():
            if occupied.held is None:
                self._mend(occupied, [])

    def _place(self, occupied: _Occupied, frame: Frame) -> None:
        if frame.passing:
            occupied.pass_by(frame)
        elif occupied.held is not None:
            if len(occupied.held) < MOST_WAITING:
                occupied.held.append(frame)
            else:
                occupied.cut("too much is waiting")
        elif frame.seq > occupied.seen + 1:
            self._mend(occupied, [frame])
        else:
            occupied.pass_on(frame)

    def _mend(self, occupied: _Occupied, held: list[Frame]) -> None:
        occupied.held = held
        self._spawn(self._fill(occupied))

    async def _fill(self, occupied: _Occupied) -> None:
        """Fill the hole, or cut the room's sockets: they come back and ask for what they missed."""
        filled = False
        try:
            filled = await self._filled(occupied)
        finally:
            if not filled:
                self._report("hole not filled")
                occupied.held = None
                occupied.cut("frames were missed")

    async def _filled(self, occupied: _Occupied) -> bool:
        """Pass on what was missed, then what waited meanwhile; whatever is still not there does not exist."""
        for pause in (0.0, *_PAUSES):
            if pause:
                await self._pause(pause)
            if not occupied.followers:
                return True
            try:
                gap = await self._gaps.read(occupied.room, after=occupied.seen)
            except ParleyError:
                continue
            if not gap.complete:
                return False
            # No await from here: frames that arrive are placed before this or after it.
            frames = sorted([*gap.frames, *(occupied.held or ())], key=lambda frame: frame.seq)
            occupied.held = None
            for frame in frames:
                occupied.pass_on(frame)
            occupied.seen = max(occupied.seen, gap.last)
            return True
        return False

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop what is under way."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
