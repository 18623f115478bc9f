"""`/ws`: the socket of agents and admins."""

from collections.abc import Callable

from starlette.websockets import WebSocket

from libs.contracts.errors import ParleyError
from libs.contracts.presence import Presence
from services.gateway.domain import server_frames
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.client_frames import Ping, SetPresence, Subscribe, Unsubscribe, read_agent_frame
from services.gateway.entrypoints.ws_handshake import Handshake
from services.gateway.entrypoints.ws_socket import MakeSocket
from services.gateway.use_cases.follow_topics import FollowTopics
from services.gateway.use_cases.ports import Sink
from services.gateway.use_cases.presence_board import PresenceBoard


class AgentSocket:
    """Serves one connection after another."""

    def __init__(
        self,
        handshake: Handshake,
        follow: Callable[[PersonCaller, Sink], FollowTopics],
        make_socket: MakeSocket,
        presence: PresenceBoard,
    ) -> None:
        self._handshake = handshake
        self._follow = follow
        self._make_socket = make_socket
        self._presence = presence

    async def __call__(self, websocket: WebSocket) -> None:
        """One connection, from its handshake to its end."""
        opened = await self._handshake(websocket, "agentSocket")
        if opened is None:
            return
        socket = self._make_socket(websocket)
        topics = self._follow(opened.caller, socket)
        seat = self._presence.join(opened.caller)

        def set_presence(state: Presence) -> None:
            self._presence.set(seat, state)

        async def on_open() -> None:
            await topics.start(opened.last_seq)

        async def on_text(text: str) -> None:
            await _take(topics, socket, set_presence, text)

        try:
            await self._handshake.keep(opened.caller, socket, on_open, on_text)
        finally:
            self._presence.leave(seat)
            topics.close()


async def _take(
    topics: FollowTopics, sink: Sink, set_presence: Callable[[Presence], None], text: str
) -> None:
    topic = None
    try:
        frame = read_agent_frame(text)
        match frame:
            case Ping():
                await sink.send(server_frames.pong())
            case Subscribe():
                topic = frame.topic
                await topics.subscribe(frame.topic, frame.last_seq)
            case SetPresence():
                set_presence(Presence(frame.state))
            case Unsubscribe():
                await topics.unsubscribe(frame.topic)
    except ParleyError as error:
        await sink.send(server_frames.error(error.code, error.detail, topic=topic))
