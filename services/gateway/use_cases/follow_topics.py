"""The topics of one agent's socket."""

from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.domain import server_frames
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.topics import Room, Topic, account_room, conversation_room, read_topic
from services.gateway.use_cases.follow_room import FollowRoom
from services.gateway.use_cases.follower import Follower, sight_of_person
from services.gateway.use_cases.ports import Conversations, Sink

MOST_TOPICS = 100
#: Asks an account's frames for nothing but where their numbers stand.
_NEWEST = 2**53


class FollowTopics:
    """Subscribes and unsubscribes for one person. What they may not see does not exist for them."""

    def __init__(
        self, follow: FollowRoom, conversations: Conversations, caller: PersonCaller, sink: Sink
    ) -> None:
        self._follow = follow
        self._conversations = conversations
        self._caller = caller
        self._sink = sink
        self._sees = sight_of_person(caller.person)
        self._followed: dict[str, tuple[Room, Follower, int]] = {}

    async def start(self, last_seq: int | None) -> None:
        """The account's topic, from `last_seq` on, and the person's own. Raises TransientError."""
        await self.subscribe(f"account:{self._caller.account_id}", last_seq)
        await self.subscribe(f"agent:{self._caller.person.id}", None)

    async def subscribe(self, name: str, last_seq: int | None) -> None:
        """Acknowledge, then send what was missed, then live frames.

        Raises DomainError `not_found` or `invalid`, TransientError when nobody answers.
        """
        topic = read_topic(name)
        if topic.kind == "agent":
            self._check_own(topic, self._caller.person.id)
            await self._sink.send(server_frames.subscribed(name, 0, complete=True))
            return
        if name in self._followed:
            await self._again(name, last_seq)
            return
        if len(self._followed) >= MOST_TOPICS:
            raise DomainError(ErrorCode.INVALID, f"A socket has at most {MOST_TOPICS} topics.")
        room, current, cleared = await self._resolve(topic)
        follower = await self._follow(
            name,
            room,
            self._sees,
            self._sink,
            current=current,
            cleared=cleared,
            last_seq=last_seq,
            receiver=self._caller.person.id,
        )
        self._followed[name] = (room, follower, cleared)

    async def unsubscribe(self, name: str) -> None:
        """No more frames of it. Unknown topics are acknowledged too."""
        followed = self._followed.pop(name, None)
        if followed is not None:
            self._follow.hub.leave(followed[0], followed[1])
        await self._sink.send(server_frames.unsubscribed(name))

    def close(self) -> None:
        """Leave every room."""
        for room, follower, _ in self._followed.values():
            self._follow.hub.leave(room, follower)
        self._followed.clear()

    async def _resolve(self, topic: Topic) -> tuple[Room, int, int]:
        """The room, where its numbers stand, and up to where they are this person's without asking."""
        account_id = self._caller.account_id
        if topic.kind == "account":
            self._check_own(topic, account_id)
            room = account_room(account_id)
            current = self._follow.hub.position(room)
            if current is None:
                current = (await self._follow.gaps.read(room, after=_NEWEST)).last
            return room, current, 0
        found = await self._conversations.find_for_person(
            self._caller.person,
            session_id=topic.key if topic.kind == "session" else None,
            conversation_id=topic.key if topic.kind == "conversation" else None,
        )
        if found.conversation is None or found.conversation.account_id != account_id:
            raise _unknown()
        return conversation_room(account_id, found.conversation.id), found.sequence, found.sequence

    async def _again(self, name: str, last_seq: int | None) -> None:
        """Subscribed already: acknowledge, and send what was missed from before that.

        A client that wants the account's frames in order across a reconnection says its last number when it
        connects; said later, frames that came in between are in front.
        """
        room, follower, cleared = self._followed[name]
        if last_seq is None or last_seq >= follower.since:
            await follower.acknowledge(follower.sent, complete=True)
            return
        gap = await self._follow.gaps.read(room, after=last_seq, upto=follower.since)
        follower.hold()
        await follower.acknowledge(follower.sent, complete=gap.complete)
        await follower.replay(gap.frames, cleared=cleared)
        follower.since = last_seq

    @staticmethod
    def _check_own(topic: Topic, own: str) -> None:
        if topic.key != own:
            raise _unknown()


def _unknown() -> DomainError:
    return DomainError(ErrorCode.NOT_FOUND, "There is no such topic.")
