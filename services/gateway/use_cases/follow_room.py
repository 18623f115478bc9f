"""Get a follower into a room without missing a frame and without getting one twice.

In this order: live frames are held back, the gap is read, the subscription is acknowledged, the gap is sent,
then what was held back.
"""

from services.gateway.domain.topics import Room
from services.gateway.use_cases.follower import Follower, Sight
from services.gateway.use_cases.hub import Hub
from services.gateway.use_cases.ports import Gap, Gaps, Sink


class FollowRoom:
    """Shared by agents' and visitors' sockets."""

    def __init__(self, hub: Hub, gaps: Gaps) -> None:
        self.hub = hub
        self.gaps = gaps

    async def __call__(
        self,
        topic: str,
        room: Room,
        sees: Sight,
        sink: Sink,
        *,
        current: int,
        cleared: int,
        last_seq: int | None,
        receiver: str | None = None,
    ) -> Follower:
        """Follow `room` as `topic`. `current` is where its numbers stand, `cleared` up to where they are the
        receiver's without asking, `last_seq` the newest that the client has. Raises TransientError.
        """
        since = current if last_seq is None else min(last_seq, current)
        position = self.hub.position(room)
        follower = Follower(topic, sees, sink, since=since, receiver=receiver)
        self.hub.join(room, follower, seen=current)
        try:
            await self._catch_up(room, follower, position, current, cleared, last_seq)
        except BaseException:
            # Also when the socket ends meanwhile: nobody else knows that the follower is in there.
            self.hub.leave(room, follower)
            raise
        return follower

    async def _catch_up(
        self,
        room: Room,
        follower: Follower,
        position: int | None,
        current: int,
        cleared: int,
        last_seq: int | None,
    ) -> None:
        # Whoever joins a room that is already followed, from where it stands, has missed nothing.
        if follower.since == current and position is not None and position <= current:
            gap = Gap()
        else:
            gap = await self.gaps.read(room, after=follower.since)
        complete = gap.complete and (last_seq is None or last_seq <= current)
        if not gap.complete:
            follower.skip_to(current)
            gap = await self.gaps.read(room, after=current)
        await follower.acknowledge(max(current, gap.last), complete=complete)
        await follower.catch_up(gap.frames, cleared=cleared)
