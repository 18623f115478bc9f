"""`/ws`: the socket of agents and admins."""

from collections.abc import Callable

from starlette.websockets import WebSocket

from libs.contracts.errors import ParleyError
from libs.contracts.presence import Presence
from services.gateway.domain import server_frames
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.client_frames import (
    Ping,
    ReadIn,
    SetPresence,
    Subscribe,
    TypingIn,
    Unsubscribe,
    read_agent_frame,
)
from services.gateway.domain.topics import read_topic
from services.gateway.entrypoints.ws_handshake import Handshake
from services.gateway.entrypoints.ws_socket import MakeSocket
from services.gateway.use_cases.follow_topics import FollowTopics
from services.gateway.use_cases.mark_read import MarkAsRead
from services.gateway.use_cases.ports import Sink
from services.gateway.use_cases.presence_board import PresenceBoard, Seat
from services.gateway.use_cases.tell_typing import TellTyping


class AgentSocket:
    """Serves one connection after another."""

    def __init__(
        self,
        handshake: Handshake,
        follow: Callable[[PersonCaller, Sink], FollowTopics],
        make_socket: MakeSocket,
        presence: PresenceBoard,
        typing: TellTyping,
        mark: MarkAsRead,
    ) -> None:
        self._handshake = handshake
        self._follow = follow
        self._make_socket = make_socket
        self._presence = presence
        self._typing = typing
        self._mark = mark

    async def __call__(self, websocket: WebSocket) -> None:
        """One connection, from its handshake to its end."""
        opened = await self._handshake(websocket, "agentSocket")
        if opened is None:
            return
        socket = self._make_socket(websocket)
        topics = self._follow(opened.caller, socket)
        seat = self._presence.join(opened.caller)

        async def on_open() -> None:
            await topics.start(opened.last_seq)

        async def on_text(text: str) -> None:
            await self._take(opened.caller, topics, socket, seat, text)

        try:
            await self._handshake.keep(opened.caller, socket, on_open, on_text)
        finally:
            self._presence.leave(seat)
            topics.close()

    async def _take(
        self, caller: PersonCaller, topics: FollowTopics, sink: Sink, seat: Seat | None, text: str
    ) -> None:
        topic = None
        try:
            frame = read_agent_frame(text)
            topic = getattr(frame, "topic", None)
            match frame:
                case Ping():
                    await sink.send(server_frames.pong())
                case Subscribe():
                    await topics.subscribe(frame.topic, frame.last_seq)
                case SetPresence():
                    self._presence.set(seat, Presence(frame.state))
                case TypingIn():
                    await self._typing.person(caller, read_topic(frame.topic), typing=frame.typing)
                case ReadIn():
                    found = await self._typing.conversation_of(caller, read_topic(frame.topic))
                    await self._mark.team(caller, found.id, frame.message_id)
                case Unsubscribe():
                    await topics.unsubscribe(frame.topic)
        except ParleyError as error:
            await sink.send(server_frames.error(error.code, error.detail, topic=topic))
