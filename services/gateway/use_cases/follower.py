"""One topic of one socket: what it has been sent, and what it may be sent."""

from collections.abc import Callable, Sequence

from libs.contracts.access import may_see
from libs.contracts.conversation import Person
from libs.contracts.frames import Frame
from libs.contracts.vocabulary import Role
from services.gateway.domain import server_frames
from services.gateway.domain.frame_text import FrameText
from services.gateway.use_cases.ports import Sink

#: WebSocket close code "try again later": the client comes back and resumes.
TRY_AGAIN = 1013
#: Live frames that may wait while a socket catches up.
MOST_WAITING = 1_000

Sight = Callable[[Frame], bool]


def sight_of_person(person: Person) -> Sight:
    """Frames of conversations that the person may see, as each frame says where its conversation was. A
    requester sees those of their own tickets that are meant for contacts.
    """

    def among(department: str | None, assignee_id: str | None) -> bool:
        return may_see(
            role=person.role,
            person_id=person.id,
            departments=person.departments,
            department=department,
            assignee_id=assignee_id,
        )

    def sees(frame: Frame) -> bool:
        if frame.account_id != person.account_id:
            return False
        audience = frame.audience
        if person.role == Role.USER:
            return audience.visitor and audience.requester_id == person.id
        if among(audience.department, audience.assignee_id):
            return True
        return audience.left and among(audience.left_department, audience.left_assignee_id)

    return sees


def sight_of_visitor(conversation_id: str) -> Sight:
    """Frames of the visitor's own conversation that are meant for visitors."""

    def sees(frame: Frame) -> bool:
        return frame.audience.visitor and frame.conversation_id == conversation_id

    return sees


class Follower:
    """Passes on frames with rising numbers, none twice.

    It starts by holding back what arrives; `catch_up` sends what was missed, then what was held back, and
    from there on frames pass straight through.
    """

    __slots__ = ("_receiver", "_sees", "_sink", "_waiting", "sent", "since", "topic")

    def __init__(
        self, topic: str, sees: Sight, sink: Sink, *, since: int, receiver: str | None = None
    ) -> None:
        self.topic = topic
        #: Nothing up to here was asked for on this socket.
        self.since = since
        #: The highest number that was sent or passed over.
        self.sent = since
        self._sees = sees
        self._sink = sink
        #: Whose socket it is, for frames that hold something for each receiver.
        self._receiver = receiver
        self._waiting: list[FrameText] | None = []

    def take(self, frame: FrameText) -> None:
        """A live frame."""
        if self._waiting is None:
            if self._next(frame.frame):
                self._sink.offer(frame.under(self.topic, self._receiver))
        elif len(self._waiting) < MOST_WAITING:
            self._waiting.append(frame)
        else:
            self.cut("too much was missed")

    def take_passing(self, frame: FrameText) -> None:
        """A live frame without a number: sent now, or, while the socket catches up, not at all."""
        if self._waiting is None and self._sees(frame.frame):
            self._sink.offer(frame.under(self.topic, self._receiver))

    async def acknowledge(self, seq: int, *, complete: bool) -> None:
        """Say that the topic is followed, and where its numbers stand."""
        await self._sink.send(server_frames.subscribed(self.topic, seq, complete=complete))

    async def catch_up(self, missed: Sequence[Frame], *, cleared: int) -> None:
        """Send what was missed, then follow live.

        `cleared` is the number up to which the receiver is known to be allowed everything, whatever the
        frames say: that is how far the conversation had come when they were found to see it.
        """
        for frame in missed:
            if frame.seq > self.sent:
                self.sent = frame.seq
                await self._pass_on(frame, cleared)
        await self._release()

    async def replay(self, earlier: Sequence[Frame], *, cleared: int) -> None:
        """Send frames from before `since` that are asked for late; live ones wait meanwhile."""
        for frame in earlier:
            await self._pass_on(frame, cleared)
        await self._release()

    def hold(self) -> None:
        """Hold live frames back until `replay` is done."""
        self._waiting = self._waiting or []

    def skip_to(self, number: int) -> None:
        """Give up what lies before `number`."""
        self.since = self.sent = number

    async def _pass_on(self, frame: Frame, cleared: int) -> None:
        if frame.seq <= cleared or self._sees(frame):
            await self._sink.send(FrameText(frame).under(self.topic, self._receiver))

    async def _release(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            for frame in waiting:
                if self._next(frame.frame):
                    await self._sink.send(frame.under(self.topic, self._receiver))
        # No await since the last look: nothing can have come in between.
        self._waiting = None

    def _next(self, frame: Frame) -> bool:
        if frame.seq <= self.sent:
            return False
        self.sent = frame.seq
        return self._sees(frame)

    def cut(self, reason: str) -> None:
        """Close the socket: it comes back and asks for what it missed."""
        self._sink.cut(TRY_AGAIN, reason)
